package dev.kelvin.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Makes sure that files outlive the host's power. */
final class Durable {
  private Durable() {}

  /** Returns when the content of a file, or the names in a directory, are on the medium. */
  static void flush(Path path) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
