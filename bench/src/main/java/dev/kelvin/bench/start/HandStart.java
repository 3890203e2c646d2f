package dev.kelvin.bench.start;

import dev.kelvin.bench.guest.SerialLine;
import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.process.FileTrees;
import dev.kelvin.bench.session.Node;
import dev.kelvin.model.Vm;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpClient;
import dev.kelvin.qmp.QmpEvent;
import dev.kelvin.qmp.QmpException;
import dev.kelvin.qmp.QmpListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Starts QEMU with the very arguments of a VM of Kelvin, with directories of its own in them: from
 * the exec until QMP says that it runs, and until the marker comes out of its serial port.
 */
public final class HandStart implements Start {
  private static final QmpListener DEAF =
      new QmpListener() {
        @Override
        public void event(QmpEvent event) {}

        @Override
        public void closed(@Nullable Throwable why) {}
      };

  private final List<String> argv;
  private final Path runtime;

  private HandStart(List<String> argv, Path runtime) {
    this.argv = argv;
    this.runtime = runtime;
  }

  /**
   * Takes over the arguments of a running VM, and copies what it keeps.
   *
   * @param directory to work in; does not exist yet
   */
  public static HandStart like(Vm vm, Node node, Path directory) throws IOException {
    Path runtime = directory.resolve("run");
    Path state = directory.resolve("state");
    Files.createDirectories(runtime);
    FileTrees.copy(node.layout().vmState(vm.metadata().id()), state);
    return new HandStart(argv(vm, node, runtime, state), runtime);
  }

  private static List<String> argv(Vm vm, Node node, Path runtime, Path state) throws IOException {
    String id = vm.metadata().id();
    String line =
        Files.readString(
            Path.of("/proc", Long.toString(vm.status().pid()), "cmdline"), StandardCharsets.UTF_8);
    List<String> argv =
        Stream.of(line.split("\0", -1))
            .map(word -> word.replace(node.layout().vmRuntime(id).toString(), runtime.toString()))
            .map(word -> word.replace(node.layout().vmState(id).toString(), state.toString()))
            .toList();
    return argv.subList(0, argv.size() - 1);
  }

  @Override
  public String name() {
    return "by hand";
  }

  public List<String> argv() {
    return argv;
  }

  @Override
  public Times measure() throws IOException, InterruptedException {
    clear();
    Path output = runtime.resolveSibling("qemu.out");
    var builder =
        new ProcessBuilder(argv).redirectErrorStream(true).redirectOutput(output.toFile());
    try (var serial = new SerialLine(runtime.resolve("serial.sock"))) {
      long begin = System.nanoTime();
      Process qemu = builder.start();
      try {
        long running = awaitRunning(qemu, output, Await.POLL_NANOS);
        long init = serial.await();
        return new Times(Duration.ofNanos(running - begin), Duration.ofNanos(init - begin));
      } finally {
        qemu.destroyForcibly().waitFor();
      }
    }
  }

  /**
   * Only starts it, in a directory that is fresh.
   *
   * @return its process, whose virtual CPUs run
   */
  public Process start() throws IOException, InterruptedException {
    Path output = runtime.resolveSibling("qemu.out");
    Process qemu =
        new ProcessBuilder(argv).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      // Many wait at once: looking more often would take time from those that start.
      awaitRunning(qemu, output, Duration.ofMillis(5).toNanos());
      return qemu;
    } catch (IOException | InterruptedException | RuntimeException e) {
      qemu.destroyForcibly().waitFor();
      throw e;
    }
  }

  /** Removes what it has only while it runs. */
  public void clear() throws IOException {
    FileTrees.delete(runtime);
    Files.createDirectories(runtime);
  }

  private long awaitRunning(Process process, Path output, long pause)
      throws IOException, InterruptedException {
    try (QmpClient qmp = connect(process, output, pause)) {
      qmp.execute("cont", Cost.NORMAL);
      String status = qmp.execute("query-status", Cost.NORMAL).path("status").asString("unknown");
      if (!status.equals("running")) {
        throw new IOException("QEMU started by hand is " + status);
      }
      return System.nanoTime();
    } catch (QmpException e) {
      throw new IOException("QEMU started by hand", e);
    }
  }

  private QmpClient connect(Process process, Path output, long pause)
      throws IOException, InterruptedException {
    Path socket = runtime.resolve("qmp.sock");
    return Await.result(
        "QMP",
        Await.USUAL,
        pause,
        () -> {
          if (!process.isAlive()) {
            throw new IOException("QEMU started by hand ended: " + Files.readString(output));
          }
          if (!Files.exists(socket)) {
            return Optional.empty();
          }
          try {
            return Optional.of(QmpClient.connect(socket, Await.USUAL, DEAF));
          } catch (QmpException notYet) {
            return Optional.empty();
          }
        });
  }
}
