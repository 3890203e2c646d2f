package dev.kelvin.bench.session;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.api.ListQuery;
import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.process.Leftovers;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A daemon with files of its own, run as the built program runs it. */
public final class Node implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path dist;
  private final Path home;
  private final Layout layout;
  private @Nullable Process process;

  public Node(Path dist, Path home) {
    this.dist = dist;
    this.home = home;
    this.layout = Layout.resolve(Map.of("KELVIN_HOME", home.toString()), true);
  }

  public Layout layout() {
    return layout;
  }

  /**
   * Starts the daemon.
   *
   * @return from its exec to the first answer of its API
   */
  public Duration start() throws IOException, InterruptedException {
    // In a session of its own, as "kelvin up" starts it: the kernel shares the CPUs among sessions.
    var argv = new ArrayList<>(List.of("setsid"));
    argv.add(java().toString());
    argv.addAll(Files.readAllLines(dist.resolve("daemon.argv")));
    var builder =
        new ProcessBuilder(argv)
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("daemon.out").toFile()));
    builder.environment().putAll(environment());
    long begin = System.nanoTime();
    Process started = builder.start();
    process = started;
    try (var client = client()) {
      Await.until(
          "an answer of the daemon",
          LIMIT,
          () -> {
            if (!started.isAlive()) {
              throw new IOException(
                  "the daemon ended: " + Files.readString(home.resolve("daemon.out")));
            }
            return Files.exists(layout.socket()) && client.answers();
          });
    }
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /** The program that runs the daemon. */
  public Path java() throws IOException {
    return Path.of(Files.readAllLines(dist.resolve("built")).get(1), "bin/java");
  }

  /** What {@code ./kelvin} gives to the JVM before what its user has typed. */
  public List<String> commandLineArguments() throws IOException {
    return Files.readAllLines(dist.resolve("cli.argv"));
  }

  public Map<String, String> environment() {
    return Map.of("KELVIN_HOME", home.toString(), "KELVIN_DIST", dist.toString());
  }

  public Client client() {
    return new Client(new Endpoint.Local(layout.socket()));
  }

  public long pid() {
    if (process == null) {
      throw new IllegalStateException("no daemon was started");
    }
    return process.pid();
  }

  /** Waits until a task has succeeded. Fails when it does not. */
  public void finish(Client client, Task task) throws IOException, InterruptedException {
    var last = new Task[] {task};
    Await.until(
        task.type() + " of " + task.object(),
        LIMIT,
        () -> {
          last[0] = client.task(task.id());
          return last[0].state().ended();
        });
    if (last[0].state() != Task.TaskState.SUCCEEDED) {
      var problem = last[0].problem();
      throw new IOException(
          task.type() + " failed: " + (problem == null ? last[0].state() : problem.oneLine()));
    }
  }

  /** Ends the daemon; its VMs go on. */
  public void stop() throws IOException, InterruptedException {
    Process running = process;
    if (running == null) {
      return;
    }
    process = null;
    try (var client = client()) {
      client.stopDaemon(false);
    }
    if (!running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      running.destroyForcibly().waitFor();
      throw new IOException("the daemon did not end when asked to");
    }
  }

  /** Ends the daemon, its VMs, and every process that has a file of theirs on its command line. */
  @Override
  public void close() throws IOException {
    Await.whileClosing(this::end);
  }

  private void end() throws IOException, InterruptedException {
    try (var client = client()) {
      if (process != null) {
        for (Vm vm : client.allVms(ListQuery.all())) {
          if (vm.status().phase().hasProcess()) {
            finish(client, client.deleteVm(vm.metadata().name(), true));
          }
        }
        stop();
      }
    } finally {
      Leftovers.kill(home);
    }
  }
}
