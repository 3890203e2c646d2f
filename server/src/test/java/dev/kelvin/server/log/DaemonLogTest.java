package dev.kelvin.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon's log stays within its bounds, whatever is said. */
class DaemonLogTest {
  @TempDir Path directory;

  private static LogRecord line(String logger, String text) {
    var line = new LogRecord(Level.WARNING, text);
    line.setLoggerName(logger);
    return line;
  }

  @Test
  void theFileBeginsAnewAndTheEndOfItIsKept() throws Exception {
    Path log = directory.resolve("daemon.log");
    Files.writeString(log, "from before\n");
    Files.setPosixFilePermissions(log, PosixFilePermissions.fromString("rw-r--r--"));
    var file = new BoundedFile(log, 10_000);
    file.restrict();
    try (var out = Files.newOutputStream(log, StandardOpenOption.APPEND)) {
      var said = new DaemonLog(out, file, 10_000);
      for (int i = 0; i < 1_000; i++) {
        said.publish(line("logger-" + i, "line " + i + " " + "x".repeat(100)));
        assertThat(Files.size(log)).isLessThan(10_500);
      }
    }
    assertThat(Files.readString(log)).contains("line 999 ");
    assertThat(Files.size(directory.resolve("daemon.log.1"))).isBetween(1L, 20_000L);
    for (String name : new String[] {"daemon.log", "daemon.log.1"}) {
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))))
          .isEqualTo("rw-------");
    }
  }

  /** As on a full disk, where the store needs the room. */
  @Test
  void theFileBeginsAnewAlsoWhereItsEndCannotBeKept() throws Exception {
    Path log = Files.write(directory.resolve("daemon.log"), new byte[20_000]);
    Files.createDirectories(directory.resolve("daemon.log.1/in-the-way"));
    var file = new BoundedFile(log, 10_000);
    assertThatExceptionOfType(IOException.class).isThrownBy(file::bound);
    assertThat(log).isEmptyFile();
  }

  @Test
  void aSourceThatSaysTooMuchIsHeardInPartAndOthersAreHeard() {
    var out = new ByteArrayOutputStream();
    var said = new DaemonLog(out, null, 1);
    for (int i = 0; i < 100_000; i++) {
      said.publish(line("noisy", "again"));
    }
    said.publish(line("quiet", "this matters"));
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(text.lines().filter(one -> one.contains("again")).count()).isLessThan(1_000);
    assertThat(text).contains("this matters");
  }

  @Test
  void whatWasLeftOutIsCounted() {
    var flood = new Flood(2, Duration.ofSeconds(10));
    assertThat(flood.judge("a", 0)).isEqualTo(new Flood.Verdict(true, 0));
    assertThat(flood.judge("a", 1)).isEqualTo(new Flood.Verdict(true, 0));
    assertThat(flood.judge("a", 2)).isEqualTo(new Flood.Verdict(false, 0));
    assertThat(flood.judge("a", 3)).isEqualTo(new Flood.Verdict(false, 0));
    assertThat(flood.judge("b", 3)).isEqualTo(new Flood.Verdict(true, 0));
    long later = Duration.ofSeconds(11).toNanos();
    assertThat(flood.judge("a", later)).isEqualTo(new Flood.Verdict(true, 2));
  }

  @Test
  void aLongLineIsCut() {
    var out = new ByteArrayOutputStream();
    new DaemonLog(out, null, 1).publish(line("l", "y".repeat(1 << 20)));
    assertThat(out.size()).isLessThan(DaemonLog.LONGEST_LINE + 200);
  }
}
