package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Version;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DocumentLimits;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Authorizer;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Principal;
import dev.kelvin.server.action.Principal.Means;
import dev.kelvin.state.sqlite.SqliteStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/**
 * A node with a home and a store of its own, put together as the daemon does it, and nothing in
 * front of it: tests ask it for actions. It is no root's, whoever runs the tests.
 */
final class TestNode implements AutoCloseable {
  static final Principal ASKER = new Principal("tester", Means.TOKEN);

  /** What the host can do is found out within it, too. */
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private static final Duration POLL = Duration.ofMillis(2);

  /** What the daemon was asked to do when it ends; whether to shut the VMs down first. */
  final List<Boolean> stops = new CopyOnWriteArrayList<>();

  final Layout layout;
  private final LocalNode node;

  private TestNode(Layout layout, Authorizer authorizer, List<Problem> warnings)
      throws IOException, InterruptedException {
    this.layout = layout;
    this.node =
        LocalNode.open(
            SqliteStore.open(layout.store()),
            new LocalNode.Surroundings(
                layout,
                false,
                Clock.systemUTC(),
                Map.of(),
                QemuChoice.hosts(),
                DocumentLimits.USUAL,
                HostPaths.any(),
                authorizer,
                (machines, facts, damaged, shortage) -> info(layout, facts, damaged),
                () -> warnings,
                stops::add));
  }

  static TestNode open(Path home) throws IOException, InterruptedException {
    return open(home, (who, what) -> Optional.empty(), List.of());
  }

  /**
   * Opens one.
   *
   * @param home new, or of a node that was closed
   * @param warnings what is wrong with how the API is served
   */
  static TestNode open(Path home, Authorizer authorizer, List<Problem> warnings)
      throws IOException, InterruptedException {
    Layout layout = Layout.resolve(Map.of("KELVIN_HOME", home.toString()), false);
    for (Path directory :
        List.of(
            layout.config(),
            layout.images(),
            layout.volumes(),
            layout.state().resolve("vms"),
            layout.state().resolve("kept"),
            layout.runtime().resolve("vms"))) {
      Files.createDirectories(directory);
    }
    var made = new TestNode(layout, authorizer, warnings);
    made.node.begin();
    // Otherwise the host may be examined still, in a home that is gone.
    made.perform(new Action.GetDoctor());
    return made;
  }

  private static NodeInfo info(Layout layout, @Nullable HostFacts facts, List<String> damaged) {
    return new NodeInfo(
        Version.NUMBER,
        "test",
        ProcessHandle.current().pid(),
        layout.home().toString(),
        layout.socket().toString(),
        "",
        "",
        facts == null ? "" : facts.defaultAccelerator(),
        "",
        0,
        0,
        damaged,
        List.of(),
        null,
        List.of(),
        List.of(),
        Instant.EPOCH);
  }

  /** A VM that stays off, with a disk that is as good as empty. */
  static Vm vm(String name, Map<String, String> labels) {
    VmSpec spec =
        VmSpec.defaults()
            .withPower(Power.STOPPED)
            .withDisks(List.of(Disk.of("data", null, ByteSize.ofMiB(1))));
    return new Vm(Metadata.named(name).withLabels(labels), spec, VmStatus.initial());
  }

  static Action.CreateVm create(Vm vm) {
    return new Action.CreateVm(vm, false, false);
  }

  Outcome perform(Action what) throws InterruptedException {
    return node.actions().perform(ASKER, what);
  }

  /** What there is to read. */
  <T> T document(Class<T> type, Action.Read what) throws InterruptedException {
    return type.cast(((Outcome.Document) perform(what)).body());
  }

  Vm vm(String name) throws InterruptedException {
    return document(Vm.class, new Action.GetVm(name));
  }

  Outcome.Page page(Resource resource, Query query) throws InterruptedException {
    return (Outcome.Page) perform(new Action.ListObjects(resource, query));
  }

  Subscription watch(Resource resource, Query query, long from) throws InterruptedException {
    return ((Outcome.Stream) perform(new Action.Watch(resource, query, from))).subscription();
  }

  /** Asks for it and waits until it is done. */
  Task done(Action.Write what) throws InterruptedException {
    Task task = ended(what);
    assertThat(task.state()).as("%s", task.problem()).isEqualTo(TaskState.SUCCEEDED);
    return task;
  }

  /** Asks for it and waits until nothing of it goes on any more. */
  Task ended(Action.Write what) throws InterruptedException {
    String id = ((Outcome.Accepted) perform(what)).task().id();
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (true) {
      Task task = document(Task.class, new Action.GetTask(id));
      if (task.state().ended()) {
        return task;
      }
      assertThat(System.nanoTime()).as("%s ends in time", task).isLessThan(deadline);
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** Why something is refused. */
  Problem refusal(Action what) {
    return problem(() -> perform(what));
  }

  static Problem problem(ThrowingCallable what) {
    ProblemException refused = catchThrowableOfType(ProblemException.class, what);
    assertThat(refused).as("it is refused").isNotNull();
    return refused.problem();
  }

  /** Redeems a ticket; what comes of the guest goes nowhere. */
  void openConsole(String ticket) throws InterruptedException {
    var sink =
        new Actions.ConsoleSink() {
          @Override
          public void data(byte[] fromGuest) {}

          @Override
          public void closed(String reason) {}
        };
    node.actions().openConsole(ticket, sink).close();
  }

  /** Deletes all VMs. */
  void clear() throws InterruptedException {
    for (Object vm : page(Resource.VMS, Query.all()).items()) {
      done(new Action.DeleteVm(((Vm) vm).metadata().name(), true, false));
    }
  }

  /** Leaves no VM. */
  @Override
  public void close() {
    try (node) {
      clear();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while VMs were deleted", e);
    }
  }

  /** Ends as a daemon does, whose VMs stay. */
  void leave() {
    node.close();
  }
}
