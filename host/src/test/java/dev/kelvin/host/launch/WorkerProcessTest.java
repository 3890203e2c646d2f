package dev.kelvin.host.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.SetprivConfiner;
import dev.kelvin.host.program.WorkerProcess;
import dev.kelvin.host.program.WorkerProcess.Job;
import dev.kelvin.host.program.WorkerProcess.Limits;
import dev.kelvin.host.program.WorkerProcess.OfFiles;
import dev.kelvin.host.program.WorkerProcess.Pipes;
import dev.kelvin.host.testkit.Await;
import dev.kelvin.model.ByteSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a worker is given, and that it does not outlive its daemon, where the host's programs alone
 * confine it; {@link CellConfinerTest} has those in cells.
 */
class WorkerProcessTest {
  @TempDir private Path directory;
  private final List<String> said = new ArrayList<>();

  private int run(String script, @Nullable Path input, @Nullable Path output, boolean asNobody)
      throws InterruptedException {
    var job =
        new Job(
            "worker",
            List.of("sh", "-c", script),
            new OfFiles(input, output),
            new ByteSize(100),
            asNobody,
            List.of(),
            false);
    return new WorkerProcess(new SetprivConfiner(), Limits.usual()).run(job, said::add, () -> {});
  }

  @Test
  void itHasItsFilesAndSaysWhatItWants() throws Exception {
    Path input = Files.writeString(directory.resolve("in"), "content");
    Path output = Files.writeString(directory.resolve("out"), "of before");
    assertThat(run("cat; echo one >&2; printf two >&2; exit 7", input, output, false)).isEqualTo(7);
    assertThat(output).hasContent("content");
    assertThat(said).containsExactly("one", "two");
  }

  @Test
  void itIsConfined() throws Exception {
    String script =
        "cat /proc/self/status >&2; ulimit -v >&2; ulimit -n >&2; ulimit -c >&2;"
            + " cat /proc/self/oom_score_adj >&2";
    assertThat(run("echo >&2; sleep 0.3; " + script, null, null, false)).isZero();
    assertThat(said)
        .contains("NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000")
        .containsSequence("2097152", "256", "0", "500");
  }

  @Test
  void underRootItIsNobodyAndHasFilesThatItCouldNotOpen() throws Exception {
    assumeThat(Files.getAttribute(Path.of("/proc/self"), "unix:uid")).as("root").isEqualTo(0);
    Path closed = directory.resolve("closed");
    Files.createDirectory(
        closed, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path input = Files.writeString(closed.resolve("in"), "content");
    Path output = closed.resolve("out");
    assertThat(run("id -u >&2; id -G >&2; cat", input, output, true)).isZero();
    assertThat(said).containsExactly("65534", "65534");
    assertThat(output).hasContent("content");
    said.clear();
    assertThat(run("cat '" + input + "' >&2", null, null, true)).isNotZero();
    assertThat(said).singleElement().asString().contains("Permission denied");
  }

  @Test
  void itHasPipesInsteadOfFiles() throws Exception {
    var heard = new Heard();
    Path file = directory.resolve("file");
    var script = "cat; head -c 100000 /dev/zero | tr '\\0' x; printf 1 >'" + file + "'";
    int code = piped(script, heard.told("secret"));
    assertThat(heard.text()).isEqualTo("secret" + "x".repeat(100_000));
    assertThat(code).as("no file may be written").isEqualTo(128 + 25);
    assertThat(file).isEmptyFile();
  }

  @Test
  void oneThatDoesNotListenIsNoFault() throws Exception {
    var pipes = new Pipes("x".repeat(60_000), output -> {});
    assertThat(piped("exit 7", pipes)).isEqualTo(7);
  }

  private int piped(String script, Pipes pipes) throws InterruptedException {
    var shell = List.of("sh", "-c", script);
    var job = new Job("worker", shell, pipes, new ByteSize(0), false, List.of(), false);
    return new WorkerProcess(new SetprivConfiner(), Limits.usual()).run(job, said::add, () -> {});
  }

  @Test
  void itWritesNoMoreThanItMay() throws Exception {
    Path output = directory.resolve("out");
    assertThat(run("exec head -c 1000 /dev/zero", null, output, false)).isEqualTo(128 + 25);
    assertThat(output).hasSize(100);
  }

  @Test
  void whatItHasStartedIsEndedWithIt() throws Exception {
    assertThat(run("sleep 600 2>/dev/null & echo $! >&2", null, null, false)).isZero();
    // What is left of it belongs to init.
    assertThat(ProcessId.of(Long.parseLong(said.getFirst()))).isEmpty();
  }

  @Test
  void theKernelEndsItWithItsDaemon() throws Exception {
    Process daemon =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WorkAndHang.class.getName(),
                "programs",
                "sh",
                "-c",
                "trap '' TERM HUP; echo $$ >&2; while :; do sleep 1; done")
            .redirectErrorStream(true)
            .start();
    String worker;
    try (var output = daemon.inputReader()) {
      worker = output.readLine();
    } finally {
      daemon.destroyForcibly();
    }
    assertThat(worker).matches("[0-9]+");
    assertThat(daemon.waitFor(10, TimeUnit.SECONDS)).isTrue();
    long pid = Long.parseLong(worker);
    Await.until(() -> ProcessId.of(pid).isEmpty(), "the worker has ended");
  }
}
