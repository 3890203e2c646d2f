package dev.kelvin.machine.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SerialLogTest {
  private static final int LIMIT = 16 << 10;

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("serial.log");
  }

  @Test
  void keepsEverythingThatFits() throws IOException {
    try (var log = new SerialLog(file(), LIMIT)) {
      log.append("one ".getBytes(UTF_8));
      log.append("two".getBytes(UTF_8));
    }
    try (var log = new SerialLog(file(), LIMIT)) {
      log.append(" three".getBytes(UTF_8));
    }
    assertThat(new String(SerialLog.tail(file(), 100), UTF_8)).isEqualTo("one two three");
    assertThat(new String(SerialLog.tail(file(), 5), UTF_8)).isEqualTo("three");
  }

  @Test
  void thereIsNothingBeforeTheFirstOutput() throws IOException {
    assertThat(SerialLog.tail(file(), 100)).isEmpty();
  }

  @Test
  void neverTakesMoreThanItsLimitAndAlwaysHasTheLastHalf() throws IOException {
    var random = new Random(7);
    var all = new StringBuilder();
    try (var log = new SerialLog(file(), LIMIT)) {
      for (int i = 0; i < 500; i++) {
        String chunk = i + ":" + "x".repeat(random.nextInt(700)) + "\n";
        all.append(chunk);
        log.append(chunk.getBytes(UTF_8));
        assertThat(size()).isLessThanOrEqualTo(LIMIT);
      }
    }
    String kept = new String(SerialLog.tail(file(), LIMIT), UTF_8);
    assertThat(kept.length()).isGreaterThanOrEqualTo(LIMIT / 2);
    assertThat(all.toString()).endsWith(kept);
  }

  @Test
  void oneChunkLargerThanTheLimitIsCutToItsEnd() throws IOException {
    byte[] large = new byte[5 * LIMIT];
    new Random(3).nextBytes(large);
    try (var log = new SerialLog(file(), LIMIT)) {
      log.append(large);
    }
    byte[] kept = SerialLog.tail(file(), LIMIT);
    assertThat(size()).isLessThanOrEqualTo(LIMIT);
    assertThat(kept)
        .isEqualTo(java.util.Arrays.copyOfRange(large, large.length - kept.length, large.length));
  }

  @Test
  void linksThatTheVmsUserLeftAreNotFollowed() throws IOException {
    Path elsewhere = directory.resolve("elsewhere");
    Files.createSymbolicLink(file(), elsewhere);
    assertThatThrownBy(() -> new SerialLog(file(), LIMIT)).isInstanceOf(IOException.class);
    assertThat(elsewhere).doesNotExist();
    Files.writeString(elsewhere, "secret");
    assertThatThrownBy(() -> SerialLog.tail(file(), 10)).isInstanceOf(IOException.class);
  }

  private long size() throws IOException {
    try (var files = Files.list(directory)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
