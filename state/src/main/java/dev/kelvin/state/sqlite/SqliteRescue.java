package dev.kelvin.state.sqlite;

import dev.kelvin.model.OwnerOnly;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.Optional;

/**
 * All that was in a store whose file somebody has deleted. It is held by a descriptor, so that it
 * outlives whatever is deleted meanwhile, until the store has a file again.
 */
final class SqliteRescue implements AutoCloseable {
  private final Path file;
  private final FileChannel content;

  private SqliteRescue(Path file, FileChannel content) {
    this.file = file;
    this.content = content;
  }

  /** Takes what a session still has open; the session goes on. */
  static SqliteRescue of(Path file, SqliteSession session) throws SQLException, IOException {
    Path copy = copy(file);
    Files.createDirectories(directory(file));
    Files.deleteIfExists(copy);
    // https://sqlite.org/lang_vacuum.html: a consistent copy, the log included.
    session.forgetStatements();
    session.execute("VACUUM INTO '" + copy.toString().replace("'", "''") + "'");
    return new SqliteRescue(file, FileChannel.open(copy, StandardOpenOption.READ));
  }

  private static Path copy(Path file) {
    return file.resolveSibling(file.getFileName() + ".rescued");
  }

  private static Path directory(Path file) {
    return Optional.ofNullable(file.getParent()).orElseThrow();
  }

  /**
   * Puts it into the place of the file. May be repeated; nobody may have the old file open, since
   * closing it deletes files by their names.
   */
  SqliteFile restore() throws IOException {
    Path copy = copy(file);
    Files.createDirectories(directory(file));
    Files.deleteIfExists(copy);
    Files.createFile(copy, OwnerOnly.attribute());
    try (var out = FileChannel.open(copy, StandardOpenOption.WRITE)) {
      long size = content.size();
      for (long at = 0; at < size; ) {
        at += content.transferTo(at, size - at, out);
      }
      out.force(true);
    }
    Files.move(copy, file, StandardCopyOption.ATOMIC_MOVE);
    try (var directory = FileChannel.open(directory(file), StandardOpenOption.READ)) {
      directory.force(true);
    }
    return SqliteFile.of(file);
  }

  @Override
  public void close() throws IOException {
    content.close();
  }
}
