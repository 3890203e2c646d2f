package dev.kelvin.host.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.ByteSize;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUseTest {
  private final DiskUse use = new DiskUse();
  @TempDir private Path directory;

  @Test
  void holesTakeNothing() throws IOException {
    Path file = directory.resolve("a file \u20ac");
    try (var out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(1L << 30);
      out.seek(512 << 20);
      out.write(new byte[1 << 20]);
      out.getFD().sync();
    }
    assertThat(use.of(file).orElseThrow())
        .isBetween(ByteSize.ofMiB(1), new ByteSize((1 << 20) + (64 << 10)));
  }

  @Test
  void aLinkIsNotFollowed() throws IOException {
    Path file = Files.write(directory.resolve("file"), new byte[1 << 20]);
    Path link = Files.createSymbolicLink(directory.resolve("link"), file);
    assertThat(use.of(link).orElseThrow()).isLessThan(ByteSize.ofMiB(1));
  }

  @Test
  void whatIsNotThereTakesNothingThatCouldBeTold() {
    assertThat(use.of(directory.resolve("none"))).isEmpty();
  }
}
