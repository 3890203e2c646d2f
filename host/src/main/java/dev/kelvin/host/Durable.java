package dev.kelvin.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * Makes sure that files outlive the host's power. What the store tells of a file must be true after
 * a power cut: so the file is on the medium before the store is.
 */
public final class Durable {
  private Durable() {}

  /** Returns when the content of a file, or the names in a directory, are on the medium. */
  public static void flush(Path path) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Returns when the content of a file and its name are on the medium. */
  public static void flushWithName(Path file) throws IOException {
    flush(file);
    flush(directory(file));
  }

  private static Path directory(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a directory");
  }

  /**
   * Gives a finished file its name, once its content is on the medium; one of that name is replaced
   * at once. After a power cut there is the old file or the new one, whole.
   *
   * @param target in the same file system
   */
  public static void publish(Path finished, Path target) throws IOException {
    flush(finished);
    Files.move(
        finished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    flush(directory(target));
  }
}
