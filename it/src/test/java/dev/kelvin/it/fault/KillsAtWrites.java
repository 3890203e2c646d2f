package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.ListQuery;
import dev.kelvin.it.fault.KillSwitch.Side;
import dev.kelvin.it.product.Await;
import dev.kelvin.it.product.FileServer;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.it.product.TestDaemon.Program;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * SIGKILL at every write that a daemon makes while it works on a task. After the restart the task
 * ends, done or undone; store and host agree; nothing is left.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class KillsAtWrites {
  /** No task has as many writes; a scenario that gets here does not end. */
  private static final int MOST_WRITES = 60;

  private static final String DISK = "/disk.qcow2";

  // Null where something that is needed is not installed.
  private TestDaemon daemon;
  private Path directory;
  private ServerSocket taken;
  private FileServer web;
  private Path shared;

  @BeforeAll
  void start(@TempDir Path files) throws IOException, InterruptedException {
    taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Path disk = files.resolve("disk.qcow2");
    Disks.run("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "16M");
    web = new FileServer(Map.of(DISK, disk));
    shared = Files.createDirectory(files.toRealPath().resolve("shared"));
    directory = files;
    daemon = TestDaemon.start(Program.of(FaultyMain.class), configuration(files));
  }

  /**
   * What the daemon that is killed has in its configuration.
   *
   * @param files a directory for what that needs
   */
  abstract String configuration(Path files) throws IOException;

  /** Of all scenarios those that count here. */
  abstract List<Scenario> wanted(List<Scenario> all);

  final TestDaemon daemon() {
    return daemon;
  }

  @AfterAll
  void end() throws IOException {
    if (daemon != null) {
      daemon.close();
    }
    closeMore();
    if (web != null) {
      web.close();
    }
    taken.close();
  }

  /** Closes what the daemon needs, when that is gone. */
  void closeMore() {}

  /**
   * The campaign's, or those whose names have what {@code -Dkelvin.test.scenario} gives in them.
   */
  Stream<Scenario> chosen() throws IOException, InterruptedException {
    String words = System.getProperty("kelvin.test.scenario", "");
    return words.isEmpty()
        ? Campaign.chosen(scenarios().toList()).stream()
        : scenarios().filter(scenario -> scenario.name().contains(words));
  }

  final Stream<Scenario> scenarios() {
    return wanted(new Scenarios(taken.getLocalPort(), web.url(DISK), shared).all()).stream();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("chosen")
  void endsDoneOrUndone(Scenario scenario) throws IOException, InterruptedException {
    for (Path program : scenario.needs()) {
      Assumptions.assumeTrue(Files.isExecutable(program), program + " is not installed");
    }
    try {
      killEverywhere(scenario);
    } catch (AssertionError | RuntimeException e) {
      // The next scenario shall not suffer from what this one leaves.
      daemon.close();
      daemon = TestDaemon.start(Program.of(FaultyMain.class), configuration(directory));
      throw e;
    }
  }

  private void killEverywhere(Scenario scenario) throws IOException, InterruptedException {
    int kills = 0;
    boolean more = true;
    int last = Math.min(MOST_WRITES, scenario.writes());
    for (int write = 1; more && write <= last; write++) {
      for (Side side : scenario.sides()) {
        boolean killed = killAt(scenario, write, side);
        more = killed;
        if (!killed) {
          break;
        }
        kills++;
      }
    }
    assertThat(more)
        .as("whether it writes more than %s times", last)
        .isEqualTo(scenario.writes() != Scenario.ALL);
    // A task is written at least when it is submitted and when it ends.
    assertThat(kills).isGreaterThanOrEqualTo(2 * scenario.sides().size());
  }

  /** False when the task ended before that write. */
  private boolean killAt(Scenario scenario, int write, Side side)
      throws IOException, InterruptedException {
    String place = scenario + ", killed " + side + " write " + write;
    scenario.prepare().on(daemon);
    Set<String> before = taskIds();
    KillSwitch.arm(daemon.home(), write, side);
    boolean killed = actUntilKilled(scenario, place);
    KillSwitch.disarm(daemon.home());
    // Also a daemon that was not stopped has counted; the next case begins with a new one.
    daemon.kill();
    daemon.restart();
    Task task = newTask(scenario, before);
    if (task != null) {
      scenario.afterwards().on(daemon.client(), task);
    }
    TaskState end = task == null ? TaskState.CANCELLED : daemon.ended(task).state();
    Await.until(
        place + ", ended " + end.wire() + ": " + faults(scenario, end),
        Duration.ofSeconds(30),
        () -> faults(scenario, end).isEmpty());
    try {
      daemon.clear();
    } catch (AssertionError e) {
      throw new AssertionError(place, e);
    }
    return killed;
  }

  /** What is not as it shall be, now that the task has ended so. */
  private Set<String> faults(Scenario scenario, TaskState end) throws IOException {
    var faults = new TreeSet<String>(Agreement.faults(daemon));
    faults.addAll(
        end == TaskState.SUCCEEDED
            ? scenario.done().faults(daemon)
            : scenario.undone().faults(daemon));
    return faults;
  }

  private boolean actUntilKilled(Scenario scenario, String place) {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var submitted =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return scenario.act().on(daemon.client());
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              executor);
      Await.until(
          place + ": the daemon gets there, or the task ends",
          Duration.ofMinutes(6),
          () ->
              KillSwitch.isReached(daemon.home())
                  || (hasEnded(submitted) && scenario.settled().on(daemon)));
      boolean reached = KillSwitch.isReached(daemon.home());
      if (reached) {
        // From outside, and before the client that waits for its answer is let go.
        ProcessHandle.of(daemon.pid()).orElseThrow().destroyForcibly();
      }
      return reached;
    }
  }

  /** Whether the task has begun and ended; the daemon may stand still meanwhile. */
  private boolean hasEnded(CompletableFuture<Task> submitted) throws InterruptedException {
    try {
      Task task = submitted.get(10, TimeUnit.MILLISECONDS);
      return daemon.client().task(task.id()).state().ended();
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new AssertionError("the task was refused", e.getCause());
    }
  }

  private Set<String> taskIds() {
    return daemon.client().allTasks(ListQuery.all()).stream()
        .map(Task::id)
        .collect(Collectors.toSet());
  }

  /** The task that was begun; null when the daemon died before it had it. */
  private @Nullable Task newTask(Scenario scenario, Set<String> before) {
    List<Task> begun =
        daemon.client().allTasks(ListQuery.all()).stream()
            .filter(task -> task.type().equals(scenario.type()) && !before.contains(task.id()))
            .toList();
    assertThat(begun).hasSizeLessThan(2);
    return begun.isEmpty() ? null : begun.getFirst();
  }
}
