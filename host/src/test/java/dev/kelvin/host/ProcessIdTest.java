package dev.kelvin.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessIdTest {
  @Test
  void aProcessIsAliveUntilItEnds() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    ProcessId id = ProcessId.of(process.pid()).orElseThrow();
    assertThat(id.alive()).isTrue();
    process.destroyForcibly();
    assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(id.alive()).isFalse();
    assertThat(ProcessStats.read(id)).isEmpty();
  }

  @Test
  void anotherProcessWithThePidIsNotTaken() {
    ProcessId own = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();
    assertThat(new ProcessId(own.pid(), own.startTicks() - 1, own.boot()).alive()).isFalse();
    assertThat(new ProcessId(own.pid(), own.startTicks(), "0-0").alive()).isFalse();
  }

  @Test
  void aZombieIsNotAlive() throws Exception {
    // exec makes sleep the parent, which never reaps the child that has ended.
    Process parent = new ProcessBuilder("sh", "-c", "sh -c 'echo $$' & exec sleep 60").start();
    try (var output = parent.inputReader()) {
      long child = Long.parseLong(output.readLine());
      Await.until(
          () -> ProcStat.read(child).filter(stat -> stat.state() == 'Z').isPresent(),
          "the child is a zombie");
      assertThat(ProcessId.of(child)).isEmpty();
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void survivesBeingWritten() {
    ProcessId own = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();
    assertThat(ProcessId.decode(own.encode() + "\n")).isEqualTo(own);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "12", "12:13", "a:b:c", "1:2:3/4", "12345678901:1:0"})
  void refusesOtherText(String text) {
    assertThatThrownBy(() -> ProcessId.decode(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsNamesWithBracketsAndBlanks() {
    var stat =
        ProcStat.parse(
            "42 (a) b (c)) S 1 42 41 0 -1 4194560 1 0 0 0 7 8 0 0 15 -5 3 0 9999 1 2 3\n");
    assertThat(stat).isEqualTo(new ProcStat(42, 'S', 1, 41, 7, 8, -5, 3, 9999));
  }

  @Test
  void measuresItself() {
    var sample = ProcessStats.read(ProcessId.of(ProcessHandle.current().pid()).orElseThrow());
    assertThat(sample)
        .hasValueSatisfying(s -> {
          assertThat(s.cpu()).isPositive();
          assertThat(s.resident().mebibytes()).isBetween(10L, 4096L);
          assertThat(s.threads()).isPositive();
        });
  }
}
