package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The file that a store has open, which somebody may delete or replace: what is written then goes
 * to a file that no name leads to any more, and is lost with the process.
 */
final class SqliteFile {
  private final Path file;
  private final Object key;

  private SqliteFile(Path file, Object key) {
    this.file = file;
    this.key = key;
  }

  /** The file as it is now. */
  static SqliteFile of(Path file) throws IOException {
    Object key = key(file);
    if (key == null) {
      throw new NoSuchFileException(file.toString());
    }
    return new SqliteFile(file, key);
  }

  /** Device and inode (stat(2)); null when there is no such file. */
  private static @Nullable Object key(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /**
   * Whether it is gone.
   *
   * @throws dev.kelvin.model.ProblemException host-failure when another file is in its place
   */
  boolean isGone() throws IOException {
    Object now = key(file);
    if (now != null && !now.equals(key)) {
      throw Problem.of(Code.HOST_FAILURE, "Another file is in the place of the store")
          .on(file.toString())
          .because("it was replaced while the daemon had it open; neither is written to now")
          .remedy(
              "end the daemon and start it again to use the new file; put the old one back to keep"
                  + " what the daemon has")
          .asException();
    }
    return now == null;
  }
}
