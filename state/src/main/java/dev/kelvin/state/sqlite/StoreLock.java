package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.LockHolder;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.OptionalLong;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Keeps a second daemon off a store. The kernel drops the lock with the process that holds it, so
 * none is ever left over; its file, which is empty, stays.
 *
 * <p>SQLite locks it, because it knows what FileChannel does not: that a process loses its locks on
 * a file when it closes any descriptor of it (fcntl(2)), so that a refused attempt of the same
 * process would unlock it.
 */
final class StoreLock implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StoreLock.class.getName());

  private final SqliteSession session;

  private StoreLock(SqliteSession session) {
    this.session = session;
  }

  /**
   * Locks a store.
   *
   * @throws ProblemException conflict when another process, or another store of this one, has it
   */
  static StoreLock of(Path store) {
    Path file = store.resolveSibling(store.getFileName() + ".lock");
    SqliteSession session = null;
    try {
      session = SqliteSession.openLock(file);
      session.execute("BEGIN EXCLUSIVE");
      var lock = new StoreLock(session);
      session = null; // the lock's now
      return lock;
    } catch (SQLException e) {
      if (e instanceof SQLiteException known
          && known.getResultCode() == SQLiteErrorCode.SQLITE_BUSY) {
        throw Problem.of(Code.CONFLICT, "Another Kelvin daemon uses this store")
            .on(store.toString())
            .because(holder(file) + " has it open")
            .remedy("end that daemon with \"kelvin down\", or give this one another KELVIN_HOME")
            .asException(e);
      }
      throw SqliteProblems.of(file, e);
    } finally {
      if (session != null) {
        new StoreLock(session).close();
      }
    }
  }

  private static String holder(Path file) {
    OptionalLong pid = LockHolder.ofHost().of(file);
    return pid.isPresent() ? "process " + pid.getAsLong() : "another process";
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (SQLException e) {
      LOG.log(System.Logger.Level.WARNING, "the lock of the store cannot be closed", e);
    }
  }
}
