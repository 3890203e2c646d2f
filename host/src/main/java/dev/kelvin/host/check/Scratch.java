package dev.kelvin.host.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A directory for files that are needed for a moment. Its name is fixed, so that what a killed
 * daemon has left there goes the next time.
 */
record Scratch(Path directory) implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Scratch.class.getName());

  Scratch {
    try {
      remove(directory);
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(directory + " cannot be made", e);
    }
  }

  @Override
  public void close() {
    try {
      remove(directory);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "Temporary files stay in " + directory, e);
    }
  }

  private static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
