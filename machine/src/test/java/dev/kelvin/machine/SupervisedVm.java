package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.net.HostShield;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.store.VmUsers;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Lifecycle;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.QemuFiles;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Serial;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.LaunchedMemory;
import dev.kelvin.qmp.Dialer;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.storage.DirectoryDriver;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A VM and its supervisor, whose process is a {@code sleep} that an earlier daemon has left, and
 * whose control channel is answered by a {@link FakeQemu}.
 */
public final class SupervisedVm implements AutoCloseable {
  public static final String ID = "aa";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Process process;
  private final FakeQemu qemu;
  private final BreakableStore store;
  private final DirectoryDriver storage;
  private final VmRepository repository;
  private final MachinesSetup setup;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final List<Lifecycle.Transition> moves = new CopyOnWriteArrayList<>();
  private final Path agent;
  private Machines machines;

  public SupervisedVm(Path directory) throws IOException, InterruptedException {
    this(directory, spec());
  }

  public SupervisedVm(Path directory, VmSpec spec) throws IOException, InterruptedException {
    this(directory, spec, List.of("sleep", "1000"));
  }

  /**
   * @param program whose process is that of the VM
   */
  public SupervisedVm(Path directory, VmSpec spec, List<String> program)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    store = new BreakableStore(SqliteStore.open(directory.resolve("store.db")));
    repository = new VmRepository(store, VmUsers.none());
    storage =
        new DirectoryDriver(directory.resolve("volumes"), directory.resolve("images"), qemuImg());
    var layout = new Layout(directory, directory, directory, directory.resolve("run"));
    VmRecord vm =
        repository.create(
            new VmRecord(new Metadata("web", ID, Map.of(), 0, Instant.EPOCH), spec, -1), List.of());
    new VmHome(layout, new SeedIso(new Commands())).prepare(vm);
    agent = layout.vmRuntime(ID).resolve("agent.sock");
    process = new ProcessBuilder(program).start();
    qemu = new FakeQemu(layout.vmRuntime(ID).resolve("qmp.sock"), process::destroyForcibly);
    var run =
        new RunRecord(
            ProcessId.of(process.pid()).orElseThrow().encode(),
            Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
            "tcg",
            Instant.now(),
            spec,
            List.of(),
            List.of(),
            null,
            -1,
            LaunchedMemory.of(spec),
            devices(spec),
            HeldResource.stored(
                List.of(new HeldResource.RuntimeDirectory(layout.vmRuntime(ID).toString()))));
    repository.saveRun(ID, run);
    repository.saveStatus(ID, VmStatus.initial().in(Phase.RUNNING, null, Instant.EPOCH));
    setup =
        new MachinesSetup(
            layout,
            repository,
            SupervisedVm::facts,
            (facts, architecture, accelerator) -> {
              throw new AssertionError("nothing is started here");
            },
            new PlainLauncher(() -> {
              throw new AssertionError("nothing is started here");
            }),
            storage,
            new SeedIso(new Commands()),
            (image, format) -> {
              throw new AssertionError("nothing here has an image");
            },
            List::of,
            image -> {
              throw new AssertionError("nothing here has an image");
            },
            this::hear,
            HostShield.none(),
            (uid, process) -> Dialer.plain(),
            HostPaths.any());
    machines = opened();
  }

  private static QemuImg qemuImg() {
    return new QemuImg(new Commands(), CellConfiner.ofHost());
  }

  /** As a q35 is launched: its ports, and what sits in them. */
  private static List<DevicePlace> devices(VmSpec spec) {
    var devices = new ArrayList<DevicePlace>();
    FakeQemu.PORTS.forEach(
        port -> devices.add(new DevicePlace(port, "pcie-root-port", "pcie.0", null)));
    for (int i = 0; i < spec.disks().size(); i++) {
      String id = "disk-" + spec.disks().get(i).name();
      devices.add(new DevicePlace(id, "virtio-blk-pci", "port-disk-" + i, null));
    }
    for (int i = 0; i < spec.nics().size(); i++) {
      String id = "nic-" + spec.nics().get(i).name();
      devices.add(new DevicePlace(id, "virtio-net-pci", "port-nic-" + i, null));
    }
    return devices;
  }

  private void hear(String type, String object, String message, Map<String, String> data) {
    told.add(type);
    if (data.containsKey("trigger")) {
      moves.add(
          Lifecycle.TABLE.stream()
              .filter(row -> row.from().wire().equals(data.get("from")))
              .filter(row -> row.trigger().wire().equals(data.get("trigger")))
              .filter(row -> type.equals("vm." + row.to().wire()))
              .findAny()
              .orElseThrow());
    }
  }

  private Machines opened() throws InterruptedException {
    Machines next = setup.build().machines();
    next.open();
    await(
        "the VM is taken over, or found ended",
        () -> next.vms().get(ID).running() != null || next.get("web").status().lastExit() != null);
    return next;
  }

  /** As if the daemon had died and another one had come. */
  public void restart() throws InterruptedException {
    machines.close();
    qemu.silent(false);
    machines = opened();
  }

  /** As {@link #restart}, of a VM whose process has ended. */
  public void restartAfterEnd() throws InterruptedException {
    machines.close();
    store.full(false);
    Machines next = setup.build().machines();
    next.open();
    machines = next;
  }

  public static VmSpec spec() {
    return VmSpec.defaults().toBuilder()
        .machine("pc-q35-7.2")
        .power(Power.RUNNING)
        .serial(new Serial(false, ByteSize.ofMiB(1)))
        .guestAgent(false)
        .build();
  }

  /**
   * The same machine with other holdings.
   *
   * @param companions as an earlier daemon has them on record
   * @param held null as in records of earlier daemons
   */
  public static RunRecord holding(
      RunRecord run, List<StartedCompanion> companions, @Nullable List<HeldResource> held) {
    return new RunRecord(
        run.process(),
        run.bootId(),
        run.accelerator(),
        run.startedAt(),
        run.spec(),
        run.forwards(),
        companions,
        run.runtime(),
        run.user(),
        run.memory(),
        run.devices(),
        held == null ? null : HeldResource.stored(held));
  }

  public static HostFacts facts() {
    return new HostFacts(
        "/usr/bin/qemu-system-x86_64",
        "7.2.0",
        List.of("tcg"),
        Map.of(),
        Set.of("pc-q35-7.2"),
        Set.of(),
        Set.of(),
        2,
        ByteSize.ofMiB(1024),
        null,
        false,
        0,
        HostFacts.Extras.none(),
        Map.of(),
        Map.of(),
        QemuFiles.usual());
  }

  public FakeQemu qemu() {
    return qemu;
  }

  /** The kinds of events that were told. */
  public List<String> told() {
    return told;
  }

  /** The rows of the life cycle's table that it went through, as events told. */
  public List<Lifecycle.Transition> moves() {
    return moves;
  }

  /** Where its guest's agent is to listen. */
  public Path agentSocket() {
    return agent;
  }

  public Process process() {
    return process;
  }

  public BreakableStore store() {
    return store;
  }

  public DirectoryDriver storage() {
    return storage;
  }

  public VmRepository repository() {
    return repository;
  }

  /** Stores what is wanted of it, with its volumes; its supervisor is not told. */
  public VmRecord stored(VmSpec spec) {
    VmRecord now = repository.find(ID).orElseThrow();
    VmRecord stored = repository.replace(now.withSpec(spec), now.metadata().revision());
    stored.spec().disks().forEach(disk -> machines.volumes().provide(stored, disk));
    return stored;
  }

  public Machines machines() {
    return machines;
  }

  public Supervisor supervisor() {
    return machines.vms().get(ID);
  }

  public ExitReason exitReason() {
    return Objects.requireNonNull(status().lastExit()).reason();
  }

  public VmStatus status() {
    return supervisor().snapshot().status();
  }

  public void awaitPhase(Phase phase) {
    await("the VM is " + phase.wire(), () -> status().phase() == phase);
  }

  /** Asks on a thread of its own. */
  public CompletableFuture<Void> asking(VmRequest request) {
    var answer = new CompletableFuture<Void>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            supervisor().ask(request);
            answer.complete(null);
          } catch (ProblemException | InterruptedException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  public static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("when " + what).isLessThan(end);
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }

  @Override
  public void close() throws IOException {
    store.full(false);
    machines.close();
    qemu.close();
    process.destroyForcibly().onExit().join();
    store.close();
  }
}
