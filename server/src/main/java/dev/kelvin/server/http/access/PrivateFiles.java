package dev.kelvin.server.http.access;

import dev.kelvin.model.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that hold secrets. */
final class PrivateFiles {
  private PrivateFiles() {}

  /** Writes a file that only its owner can read. After a crash it is there whole or not at all. */
  static void write(Path file, byte[] content) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Path fresh =
        Files.createTempFile(directory, "." + file.getFileName(), ".new", OwnerOnly.attribute());
    try {
      try (var channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        var buffer = ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (var names = FileChannel.open(directory, StandardOpenOption.READ)) {
        names.force(true);
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
