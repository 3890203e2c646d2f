package dev.kelvin.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final long MIB = 1 << 20;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long nanos = 1;

  private Progress progress(boolean terminal) {
    var err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Progress(err, terminal, () -> 100, () -> nanos);
  }

  private void seconds(double seconds) {
    nanos += (long) (seconds * 1e9);
  }

  private String shown() {
    String text = bytes.toString(StandardCharsets.UTF_8);
    bytes.reset();
    return text;
  }

  @Test
  void whatIsDoneAtOnceLeavesNoTrace() {
    for (boolean terminal : List.of(true, false)) {
      try (Progress progress = progress(terminal)) {
        progress.step("Start web1");
        progress.update(1, 2, "steps", "");
        seconds(0.2);
        progress.update(2, 2, "steps", "");
        progress.done();
      }
      assertThat(shown()).isEmpty();
    }
  }

  @Test
  void aTerminalHasABarWithRateAndRemainingTime() {
    Progress progress = progress(true).hint("Ctrl-C cancels");
    progress.step("Upload disk");
    for (int i = 0; i <= 4; i++) {
      progress.update(i * 100L * MIB, 1000 * MIB, "bytes", "");
      seconds(1);
    }
    String last = shown();
    last = last.substring(last.lastIndexOf('\r'));
    assertThat(last)
        .isEqualTo(
            "\rUpload disk  [######----------]  40 %  400 MiB of 1000 MiB  100 MiB/s  6s left  (Ctrl-C cancels)"
                + "\033[K");
    progress.done();
    assertThat(shown()).isEqualTo("\r\033[KUpload disk: done (5s)\n");
  }

  @Test
  void aBarNeverExceedsItsLine() {
    Progress progress = progress(true).hint("Ctrl-C detaches");
    progress.step("Boot web1");
    seconds(2);
    progress.update("a very long line of the guest ".repeat(10) + "\033[31m\u0007");
    String line = shown();
    assertThat(line.length()).isLessThan(100 + "\r\033[K".length());
    assertThat(line)
        .doesNotContain("\033[31m")
        .contains("Boot web1  2s  a very long", "(Ctrl-C detaches)");
    progress.close();
    assertThat(shown()).isEqualTo("\r\033[K");
  }

  @Test
  void elsewhereThereIsALineNowAndThen() {
    Progress progress = progress(false);
    progress.step("Build image");
    for (int i = 0; i <= 100; i++) {
      progress.update(i, 100, "percent", "");
      seconds(0.3);
    }
    progress.step("Check image");
    seconds(1);
    progress.update("looking");
    seconds(11);
    progress.update("looking");
    progress.end("failed");
    List<String> lines = shown().lines().toList();
    assertThat(lines)
        .startsWith("Build image ...", "Build image: 10 %  27s left")
        .contains("Build image: done (30s)", "Check image ...", "Check image: 12s  looking")
        .endsWith("Check image: failed (12s)");
    assertThat(lines.size()).isBetween(8, 20);
  }

  @Test
  void countsWhatHasNoEnd() {
    Progress progress = progress(true);
    progress.step("Copy");
    for (int i = 1; i < 4; i++) {
      progress.update(i * 10L * MIB, 0, "bytes", "");
      seconds(1);
    }
    progress.update(40 * MIB, 0, "bytes", "x");
    assertThat(shown()).contains("Copy  40.0 MiB  10.0 MiB/s  x");
    progress.update(3, 10, "packages", "curl");
    seconds(1);
    progress.update(4, 10, "packages", "curl");
    assertThat(shown()).contains(" 40 %  4 of 10 packages");
  }
}
