package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.kernel.Syscalls.Answer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
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

  /**
   * Returns when all of a file system is on the medium (syncfs(2)); with much that is not written
   * yet that takes long.
   *
   * @param place a file or directory of it
   * @throws IOException also when an earlier write of anybody to it has failed
   */
  public static void flushFileSystem(Path place) throws IOException {
    var syscalls = new Syscalls();
    Answer opened = syscalls.openToRead(place.toString());
    if (!opened.ok()) {
      throw new FileSystemException(place.toString(), null, opened.error());
    }
    try {
      Answer done = syscalls.call(Syscalls.SYNCFS, opened.value());
      if (!done.ok()) {
        throw new FileSystemException(place.toString(), null, done.error());
      }
    } finally {
      syscalls.close(opened.value());
    }
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
