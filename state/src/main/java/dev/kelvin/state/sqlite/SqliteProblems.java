package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.StoreProblems;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteException;

/** What SQLite's result codes (https://sqlite.org/rescode.html) mean to a user. */
final class SqliteProblems {
  private static final int PRIMARY = 0xff;
  private static final int BUSY = 5;
  private static final int READONLY = 8;
  static final int IOERR = 10;
  private static final int CORRUPT = 11;
  static final int FULL = 13;
  static final int CANTOPEN = 14;
  private static final int NOTADB = 26;

  private SqliteProblems() {}

  /** The result code of an error; 0 when it is none of SQLite's. */
  static int code(SQLException error) {
    return error instanceof SQLiteException known ? known.getResultCode().code : 0;
  }

  /** What an extended result code is a case of. */
  static int primary(int code) {
    return code & PRIMARY;
  }

  static ProblemException of(Path file, SQLException error) {
    int code = code(error);
    Problem problem =
        switch (primary(code)) {
          case CORRUPT, NOTADB -> damaged(file, String.valueOf(error.getMessage()));
          case FULL ->
              failed(
                  file,
                  error,
                  "The store is full",
                  "free space on its file system; Kelvin goes on by itself then");
          case IOERR ->
              failed(
                  file,
                  error,
                  "The disk of the store fails",
                  "check its file system's space and the kernel's log");
          case READONLY, CANTOPEN ->
              failed(
                  file,
                  error,
                  "The store cannot be opened for writing",
                  "check the owner and mode of the file, its directory and its mount");
          case BUSY ->
              failed(
                  file,
                  error,
                  "Another program has the store open",
                  "end that program, such as sqlite3, then try again");
          default ->
              failed(
                  file,
                  error,
                  "The store does not work",
                  "report it with the daemon's log of this moment");
        };
    return problem.asException(error);
  }

  static Problem damaged(Path file, String cause) {
    return Problem.of(Code.HOST_FAILURE, "The store is damaged or is no store of Kelvin's")
        .on(file.toString())
        .because(cause)
        .remedy(
            "restore it from a backup, or move it away to begin with an empty one;"
                + " VMs that run go on, and volumes stay on the disk");
  }

  /** The disk does not come to an end with a write. */
  static ProblemException writeHangs(Path file) {
    return StoreProblems.unknownOutcome(
        file.toString(),
        "its disk has not finished a write in a minute",
        new IllegalStateException("no answer"));
  }

  static ProblemException readHangs(Path file) {
    return Problem.of(Code.UNAVAILABLE, "The store does not answer")
        .on(file.toString())
        .because("its disk has not finished a read in a minute")
        .remedy("check the disk and the kernel's log; Kelvin goes on by itself then")
        .asException();
  }

  /** Its file was deleted; what was in it is in memory only. */
  static ProblemException gone(Path file, Exception why) {
    return Problem.of(Code.UNAVAILABLE, "The store's file was deleted")
        .on(file.toString())
        .because("it cannot be written anew: " + why.getMessage())
        .remedy(
            "make its directory writable again; VMs run on, and Kelvin writes the store anew as"
                + " soon as it can, unless the daemon ends before")
        .asException(why);
  }

  private static Problem failed(Path file, SQLException error, String detail, String remedy) {
    return Problem.of(Code.HOST_FAILURE, detail)
        .on(file.toString())
        .because(error.getMessage())
        .remedy(remedy);
  }
}
