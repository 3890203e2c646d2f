package dev.kelvin.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files that are made from others and kept in the repository, so that people can read them there.
 */
final class Generated {
  private Generated() {}

  /** Fails when the file is not what it would be made as today; {@code ./dev docs} makes it. */
  static void check(String file, String content) throws IOException {
    Path path = Path.of("..").resolve(file);
    if (System.getProperty("kelvin.docs", "").equals("write")) {
      Files.createDirectories(path.getParent());
      Files.writeString(path, content);
    }
    assertThat(path).as("%s is missing; make it: ./dev docs", file).exists();
    assertThat(Files.readString(path))
        .as("%s is stale; make it anew: ./dev docs", file)
        .isEqualTo(content);
  }
}
