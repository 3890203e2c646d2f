package dev.kelvin.state.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteOpenMode;

/** A connection to the file and its prepared statements. Used by one thread at a time. */
final class SqliteSession implements AutoCloseable {
  private static final int BUSY_MILLIS = 10_000;

  /**
   * The file is this process's alone, and the index of its log is in memory
   * (https://sqlite.org/vfs.html). As a file it would be mapped: a full disk that copies on write,
   * such as btrfs, ends the process with SIGBUS when it is written to.
   */
  private static final String OWN = "unix-excl";

  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  private SqliteSession(Connection connection) {
    this.connection = connection;
  }

  /** Opens the file, which is there, to read it. */
  static SqliteSession open(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    config.setBusyTimeout(BUSY_MILLIS);
    // Every acknowledged commit is on the disk (https://sqlite.org/pragma.html#pragma_synchronous).
    config.setSynchronous(SynchronousMode.FULL);
    return connect(file, config, "?vfs=" + OWN, "PRAGMA query_only=ON");
  }

  /** From now on it can write; readers then do not wait for it. */
  void startWriting() throws SQLException {
    execute("PRAGMA query_only=OFF");
    execute("PRAGMA journal_mode=WAL");
    execute("BEGIN IMMEDIATE");
    execute("COMMIT");
  }

  /**
   * Opens all files that it needs, which SQLite else does by their names when it first needs them:
   * from here on it works although they are deleted.
   */
  void touch() throws SQLException {
    long _ = number("SELECT count(*) FROM sqlite_master");
    forgetStatements();
  }

  /** Opens or makes a file that is only there to be locked; does not wait for its lock. */
  static SqliteSession openLock(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setBusyTimeout(0);
    // The lock takes a transaction, and that a journal: in a file it would take space on the disk.
    config.setJournalMode(JournalMode.MEMORY);
    return connect(file, config, "", "PRAGMA locking_mode=EXCLUSIVE");
  }

  private static SqliteSession connect(
      Path file, SQLiteConfig config, String parameters, String first) throws SQLException {
    var session =
        new SqliteSession(config.createConnection("jdbc:sqlite:" + file.toUri() + parameters));
    try {
      session.execute(first);
    } catch (SQLException e) {
      session.close();
      throw e;
    }
    return session;
  }

  /** Executes a statement that has neither parameters nor a result. */
  void execute(String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Ends a transaction without its effects, if there still is one. */
  void rollback() throws SQLException {
    try {
      execute("ROLLBACK");
    } catch (SQLException e) {
      // A full disk and other errors have ended it already
      // (https://sqlite.org/lang_transaction.html).
      if (!String.valueOf(e.getMessage()).contains("no transaction is active")) {
        throw e;
      }
    }
  }

  /** Executes a statement and says how many rows it changed. */
  int update(String sql, @Nullable Object... parameters) throws SQLException {
    return bound(sql, parameters).executeUpdate();
  }

  ResultSet query(String sql, @Nullable Object... parameters) throws SQLException {
    return bound(sql, parameters).executeQuery();
  }

  /** The only number that a query gives; 0 when it gives none or null. */
  long number(String sql, @Nullable Object... parameters) throws SQLException {
    try (ResultSet rows = query(sql, parameters)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  private PreparedStatement bound(String sql, @Nullable Object... parameters) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    for (int i = 0; i < parameters.length; i++) {
      @Nullable Object parameter = parameters[i];
      if (parameter instanceof byte[] bytes) {
        statement.setBytes(i + 1, bytes);
      } else {
        statement.setObject(i + 1, parameter);
      }
    }
    return statement;
  }

  /** Ends all prepared statements: some commands refuse to run beside one that is not finished. */
  void forgetStatements() throws SQLException {
    for (PreparedStatement statement : prepared.values()) {
      statement.close();
    }
    prepared.clear();
  }

  @Override
  public void close() throws SQLException {
    try (connection) {
      forgetStatements();
    }
  }
}
