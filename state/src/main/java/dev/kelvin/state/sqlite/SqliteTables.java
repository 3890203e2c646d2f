package dev.kelvin.state.sqlite;

import dev.kelvin.state.engine.Evaluation;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Lease;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.StoreKeys;
import dev.kelvin.state.store.StoreProblems;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads and writes the tables, within the transaction of the session that it is given. */
final class SqliteTables implements Evaluation.View<SQLException> {
  private static final String COLUMNS = "key, deleted, value, created, revision, version, lease";

  private final SqliteSession session;

  SqliteTables(SqliteSession session) {
    this.session = session;
  }

  /** The revision of the last change; the newest change is never compacted. */
  long revision() throws SQLException {
    return Math.max(1, session.number("SELECT max(revision) FROM change"));
  }

  long compacted() throws SQLException {
    return session.number("SELECT revision FROM compacted");
  }

  @Override
  public @Nullable Entry get(String key) throws SQLException {
    try (ResultSet rows =
        session.query(
            "SELECT " + COLUMNS + " FROM change WHERE key = ? ORDER BY id DESC LIMIT 1", key)) {
      return rows.next() && !rows.getBoolean(2) ? entry(rows) : null;
    }
  }

  @Override
  public List<String> keys(String prefix) throws SQLException {
    List<String> keys = new ArrayList<>();
    try (ResultSet rows =
        session.query(
            """
            SELECT key FROM change WHERE id IN (
              SELECT max(id) FROM change WHERE key >= ? AND key < ? GROUP BY key)
            AND NOT deleted ORDER BY key\
            """,
            prefix,
            prefix + StoreKeys.LAST)) {
      while (rows.next()) {
        keys.add(rows.getString(1));
      }
    }
    return keys;
  }

  /** A page as of a revision; 0 for now. */
  Range range(String prefix, @Nullable String afterKey, int limit, long revision)
      throws SQLException {
    long now = revision();
    long at = revision == 0 ? now : revision;
    if (at > now || at < compacted()) {
      throw StoreProblems.unknownRevision(at, now, compacted());
    }
    String after = afterKey == null ? "" : afterKey;
    String from = StoreKeys.ORDER.compare(after, prefix) > 0 ? after : prefix;
    List<Entry> entries = new ArrayList<>();
    try (ResultSet rows =
        session.query(
            // In the order of an index, so that reading ends where the page does.
            "SELECT "
                + COLUMNS
                + """
                 FROM change one INDEXED BY change_by_key
                WHERE key >= ?1 AND key < ?2 AND key <> ?3 AND revision <= ?4 AND NOT deleted
                  AND NOT EXISTS (SELECT 1 FROM change later INDEXED BY change_by_key
                    WHERE later.key = one.key AND later.id > one.id AND later.revision <= ?4)
                ORDER BY key LIMIT ?5\
                """,
            from,
            prefix + StoreKeys.LAST,
            after,
            at,
            limit + 1L)) {
      while (rows.next()) {
        entries.add(entry(rows));
      }
    }
    boolean more = entries.size() > limit;
    return new Range(more ? entries.subList(0, limit) : entries, at, more);
  }

  /** The changes after one revision up to another, of which none are compacted. */
  List<Change> changes(String prefix, long after, long upTo) throws SQLException {
    List<Change> changes = new ArrayList<>();
    try (ResultSet rows =
        session.query(
            "SELECT "
                + COLUMNS
                + " FROM change INDEXED BY change_by_revision"
                + " WHERE revision > ? AND revision <= ? AND key >= ? AND key < ? ORDER BY id",
            after,
            upTo,
            prefix,
            prefix + StoreKeys.LAST)) {
      while (rows.next()) {
        changes.add(
            rows.getBoolean(2)
                ? new Change.Delete(rows.getString(1), rows.getLong(5))
                : new Change.Put(entry(rows)));
      }
    }
    return changes;
  }

  void write(List<Change> changes) throws SQLException {
    for (Change change : changes) {
      switch (change) {
        case Change.Put(Entry e) ->
            insert(
                e.key(), 0, e.value(), e.createRevision(), e.modRevision(), e.version(), e.lease());
        case Change.Delete(String key, long revision) ->
            insert(key, 1, new byte[0], 0, revision, 0, null);
      }
    }
  }

  private void insert(@Nullable Object... values) throws SQLException {
    session.update("INSERT INTO change (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?)", values);
  }

  /**
   * Forgets what was changed up to {@code revision}, but not what keys held at it. Looks only at
   * keys that have changed since the last time: all others have been seen to then.
   */
  void compact(long revision) throws SQLException {
    session.update(
        """
        DELETE FROM change WHERE id IN (
          SELECT old.id FROM (
            SELECT DISTINCT key FROM change INDEXED BY change_by_revision
            WHERE revision > ?2 AND revision <= ?1) touched
          CROSS JOIN change old INDEXED BY change_by_key ON old.key = touched.key
          WHERE old.revision <= ?1 AND (old.deleted OR old.id < (
            SELECT max(later.id) FROM change later
            WHERE later.key = old.key AND later.revision <= ?1)))\
        """,
        revision,
        compacted());
    session.update("UPDATE compacted SET revision = ?", revision);
  }

  Lease addLease(Duration ttl) throws SQLException {
    session.update("INSERT INTO lease (ttl_millis) VALUES (?)", ttl.toMillis());
    return new Lease(session.number("SELECT last_insert_rowid()"), ttl);
  }

  List<Lease> leases() throws SQLException {
    List<Lease> leases = new ArrayList<>();
    try (ResultSet rows = session.query("SELECT id, ttl_millis FROM lease")) {
      while (rows.next()) {
        leases.add(new Lease(rows.getLong(1), Duration.ofMillis(rows.getLong(2))));
      }
    }
    return leases;
  }

  boolean hasLease(long id) throws SQLException {
    return session.number("SELECT count(*) FROM lease WHERE id = ?", id) == 1;
  }

  void removeLease(long id) throws SQLException {
    session.update("DELETE FROM lease WHERE id = ?", id);
  }

  /** The keys tied to a lease now. */
  List<String> keysOf(long lease) throws SQLException {
    List<String> keys = new ArrayList<>();
    try (ResultSet rows =
        session.query(
            """
            SELECT key FROM change WHERE lease = ? AND id = (
              SELECT max(later.id) FROM change later WHERE later.key = change.key)
            ORDER BY key\
            """,
            lease)) {
      while (rows.next()) {
        keys.add(rows.getString(1));
      }
    }
    return keys;
  }

  private static Entry entry(ResultSet rows) throws SQLException {
    byte[] value = rows.getBytes(3);
    long lease = rows.getLong(7);
    boolean noLease = rows.wasNull();
    return new Entry(
        rows.getString(1),
        value == null ? new byte[0] : value,
        rows.getLong(4),
        rows.getLong(5),
        rows.getLong(6),
        noLease ? null : lease);
  }

  /** What {@code PRAGMA integrity_check} finds in all of the file, indexes included. */
  List<String> faults() throws SQLException {
    List<String> found = new ArrayList<>();
    try (ResultSet rows = session.query("PRAGMA integrity_check(20)")) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found.equals(List.of("ok")) ? List.of() : found;
  }
}
