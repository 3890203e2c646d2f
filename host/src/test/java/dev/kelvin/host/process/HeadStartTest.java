package dev.kelvin.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadStartTest {
  @TempDir Path directory;

  private final List<ProcessId> started = new ArrayList<>();

  /** A process with several threads. */
  private ProcessId start() {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path program = directory.resolve("Sleeps.java");
    try {
      Files.writeString(
          program, "class Sleeps { void main() throws Exception { Thread.sleep(60000); } }");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ProcessId process =
        new PlainLauncher(CellSupport::ofHost)
            .launch(
                new Launch(
                    "vm",
                    List.of(java, "-XX:+UseSerialGC", program.toString()),
                    directory,
                    directory.resolve("output"),
                    Confinement.none()));
    started.add(process);
    return process;
  }

  @AfterEach
  void end() {
    for (ProcessId process : started) {
      ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
      Await.until(() -> !process.alive(), "it has ended");
    }
  }

  private static List<Integer> niceOfThreads(ProcessId process) throws IOException {
    return ProcStat.threads(process.pid()).stream().map(ProcStat::nice).toList();
  }

  private static String group(ProcessId process) throws IOException {
    Path file = Path.of("/proc/" + process.pid() + "/autogroup");
    assumeTrue(Files.exists(file), "the kernel makes no groups of sessions");
    return Files.readString(file).strip();
  }

  @Test
  void goesAheadUntilItIsClosed() throws IOException {
    assumeTrue(Users.isRoot(), "only root can let a process go ahead");
    int usual = niceOfThreads(ProcessId.of(ProcessHandle.current().pid()).orElseThrow()).getFirst();
    ProcessId process = start();
    try (var ahead = new HeadStart(process)) {
      Await.until(
          () -> {
            assertThat(ahead.alive()).isTrue();
            try {
              var nice = niceOfThreads(process);
              return nice.size() > 5 && nice.contains(-10);
            } catch (IOException e) {
              return false;
            }
          },
          "its threads go ahead");
      assertThat(group(process)).endsWith(" nice -10");
    }
    assertThat(niceOfThreads(process)).hasSizeGreaterThan(5).containsOnly(usual);
    assertThat(group(process)).endsWith(" nice 0");
    assertThat(group(ProcessId.of(ProcessHandle.current().pid()).orElseThrow()))
        .doesNotEndWith("-10");
  }

  @Test
  void whatSomebodyElseGaveStays() throws Exception {
    assumeTrue(Users.isRoot(), "only root can let a process go ahead");
    ProcessId process = start();
    Await.until(() -> CpuShare.ownSession(process.pid()), "it leads a session");
    assertThat(group(process)).endsWith(" nice 0");
    Files.writeString(Path.of("/proc/" + process.pid() + "/autogroup"), "-3");
    HeadStart.end(process);
    assertThat(group(process)).endsWith(" nice -3");
  }

  @Test
  void aProcessThatEndedIsNoFailure() {
    ProcessId process = start();
    try (var ahead = new HeadStart(process)) {
      ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
      Await.until(() -> !ahead.alive(), "it has ended");
    }
    HeadStart.end(process);
    assertThat(process.alive()).isFalse();
  }
}
