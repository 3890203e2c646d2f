package dev.kelvin.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.host.process.ProcessId.Life;
import dev.kelvin.host.testkit.Await;
import dev.kelvin.host.testkit.Beheaded;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
  void aProcessHasEndedWhenItsLastThreadHas(@TempDir Path directory) throws Exception {
    Process process =
        new ProcessBuilder(Beheaded.in(directory).toString(), "argument", "of it").start();
    try {
      Await.until(
          () -> ProcStat.read(process.pid()).filter(ProcStat::mainThreadEnded).isPresent(),
          "the main thread has ended");
      ProcessId id = ProcessId.of(process.pid()).orElseThrow();
      assertThat(id.life()).isEqualTo(Life.ALIVE);
      assertThat(id.beheaded()).isTrue();
      assertThat(ProcessWords.arguments(process.pid())).endsWith("argument", "of it");
      assertThat(ProcessWords.variable(process.pid(), "PATH")).hasValue(System.getenv("PATH"));
      assertThat(id.awaitEnd(Duration.ofMillis(20))).isFalse();
      assertThat(id.kill(Duration.ofSeconds(10))).isTrue();
      assertThat(id.life()).isEqualTo(Life.GONE);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aKillHitsNoOtherProcessWithThePid() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    try {
      ProcessId id = ProcessId.of(process.pid()).orElseThrow();
      var earlier = new ProcessId(id.pid(), id.startTicks() - 1, id.boot());
      assertThat(earlier.kill(Duration.ofSeconds(1))).isTrue();
      assertThat(new ProcessId(id.pid(), id.startTicks(), "0-0").kill(Duration.ofSeconds(1)))
          .isTrue();
      assertThat(id.alive()).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatCannotBeSeenIsNotGone(@TempDir Path notProc) {
    ProcessId own = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();
    // As where /proc hides what there is (hidepid), or is not mounted.
    assertThat(own.life(() -> ProcStat.look(notProc, own.pid()))).isEqualTo(Life.UNKNOWN);
    long nobody = 4_194_305; // above the kernel's limit of pids
    assertThat(ProcStat.look(notProc, nobody)).isEqualTo(new ProcStat.Look.None());
  }

  @Test
  void withoutFreeDescriptorsNothingIsGone() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                "prlimit",
                "--nofile=300",
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                LooksWithoutDescriptors.class.getName())
            .redirectErrorStream(true)
            .start();
    try (var output = process.inputReader()) {
      assertThat(output.lines().toList()).containsExactly("UNKNOWN not seen not killed", "ALIVE");
    } finally {
      process.destroyForcibly();
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
