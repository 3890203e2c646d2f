package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * The tables. {@code change} holds every put and delete since the compacted revision and the last
 * put of each key before it; the row of a key with the highest id is what it holds now.
 */
final class SqliteSchema {
  /** Of this Kelvin; an older one refuses the file. */
  static final int VERSION = 1;

  /** "KLVN", which file(1) and we know our files by. */
  static final int APPLICATION = 0x4b4c564e;

  private static final List<String> VERSION_1 =
      List.of(
          """
          CREATE TABLE change (
            id INTEGER PRIMARY KEY,
            revision INTEGER NOT NULL,
            key TEXT NOT NULL,
            deleted INTEGER NOT NULL,
            value BLOB,
            created INTEGER NOT NULL,
            version INTEGER NOT NULL,
            lease INTEGER)\
          """,
          "CREATE INDEX change_by_key ON change (key, id)",
          "CREATE INDEX change_by_revision ON change (revision)",
          "CREATE INDEX change_by_lease ON change (lease) WHERE lease IS NOT NULL",
          "CREATE TABLE lease (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_millis INTEGER NOT NULL)",
          "CREATE TABLE compacted (revision INTEGER NOT NULL)",
          "INSERT INTO compacted VALUES (0)");

  private SqliteSchema() {}

  /**
   * Makes the tables in an empty file, or checks that they are ours and whole. A file that is
   * refused is not touched. The session can write afterwards.
   */
  static void prepare(SqliteSession session, Path file) throws SQLException {
    long application = session.number("PRAGMA application_id");
    long version = session.number("PRAGMA user_version");
    long tables = session.number("SELECT count(*) FROM sqlite_schema");
    boolean empty = application == 0 && version == 0 && tables == 0;
    if (!empty && application != APPLICATION) {
      throw SqliteProblems.damaged(file, "it is a database of some other program").asException();
    }
    if (version > VERSION) {
      throw Problem.of(Code.WRONG_STATE, "The store was written by a newer Kelvin")
          .on(file.toString())
          .because("it has format " + version + "; this Kelvin knows formats up to " + VERSION)
          .remedy("run that version of Kelvin or a later one")
          .asException();
    }
    if (!empty) {
      check(session, file);
    }
    session.startWriting();
    if (empty) {
      create(session);
    }
  }

  private static void create(SqliteSession session) throws SQLException {
    session.execute("BEGIN IMMEDIATE");
    for (String statement : VERSION_1) {
      session.execute(statement);
    }
    session.execute("PRAGMA application_id=" + APPLICATION);
    session.execute("PRAGMA user_version=" + VERSION);
    session.execute("COMMIT");
  }

  private static void check(SqliteSession session, Path file) throws SQLException {
    try (ResultSet rows = session.query("PRAGMA quick_check(1)")) {
      String answer = rows.next() ? rows.getString(1) : "no answer";
      if (!"ok".equals(answer)) {
        throw SqliteProblems.damaged(file, answer).asException();
      }
    }
  }
}
