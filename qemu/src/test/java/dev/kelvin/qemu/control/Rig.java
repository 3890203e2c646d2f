package dev.kelvin.qemu.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.HostFacts;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.Facts;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.LaunchedMachine;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qemu.launch.CommandLine;
import dev.kelvin.qemu.launch.Pinning;
import dev.kelvin.qemu.testkit.QemuProcess;
import dev.kelvin.qemu.testkit.TestQemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A VM of a test: its files, its QEMU, what it signals, and what it was commanded. */
final class Rig implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(20);

  /** What a guest does for a signal, such as trying ways to reboot, takes long on a busy host. */
  private static final Duration GUEST_DEADLINE = Duration.ofMinutes(2);

  private final LaunchPlan plan;
  private final Path directory;
  private final QemuProcess process;
  private final QmpTap tap;
  private final BlockingQueue<QemuSignal> signals = new LinkedBlockingQueue<>();
  private RunningVm vm;

  private Rig(TestQemu which, LaunchPlan plan, Path directory)
      throws IOException, InterruptedException {
    this.plan = plan;
    this.directory = directory;
    Path behind = directory.resolve("qemu.sock");
    String front = CommandLine.escape(plan.files().qmp().toString());
    List<String> argv =
        CommandLine.build(plan).stream()
            .map(word -> word.replace(front, behind.toString()))
            .toList();
    process = QemuProcess.start(which.argv(argv), which.environment(), plan.files().output());
    boolean ready = false;
    try {
      awaitFile(behind);
      tap = QmpTap.start(plan.files().qmp(), behind);
      vm = connect();
      ready = true;
    } finally {
      if (!ready) {
        process.close();
      }
    }
  }

  /** Starts a VM of this spec, paused, on the host's QEMU. Disks are empty, 64 MiB each. */
  static Rig start(Path directory, VmSpec spec) throws IOException, InterruptedException {
    return start(TestQemu.HOST, directory, spec);
  }

  /** As {@link #start(Path, VmSpec)}, on a QEMU of choice. */
  static Rig start(TestQemu which, Path directory, VmSpec spec)
      throws IOException, InterruptedException {
    var plan = plan(directory, spec);
    for (var disk : plan.disks().values()) {
      newDisk(disk);
    }
    return new Rig(which, plan, directory);
  }

  static LaunchPlan plan(Path directory, VmSpec spec) throws IOException {
    var macs = new AtomicInteger();
    var pinned =
        Pinning.pin(spec, facts(), () -> "52:54:00:00:01:%02x".formatted(macs.incrementAndGet()));
    Map<String, BlockSource> disks = new HashMap<>();
    for (var disk : pinned.disks()) {
      disks.put(disk.name(), source(directory, disk.name()));
    }
    var files =
        new VmFiles(
            directory.resolve("run"), directory.resolve("state"), directory.resolve("state"));
    Files.createDirectories(files.runtime());
    Files.createDirectories(files.state());
    return new LaunchPlan(
        "rig",
        "0123456789abcdef0123",
        pinned,
        facts(),
        files,
        "tcg",
        disks,
        Map.of(),
        false,
        Map.<String, List<Forward>>of());
  }

  /** Those of the goldens, with this host's clock. */
  private static HostFacts facts() throws IOException {
    long tscKhz =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("bogomips"))
            .mapToLong(line -> Math.round(Double.parseDouble(line.replaceFirst(".*:", "")) * 500))
            .findFirst()
            .orElse(0);
    return new Facts().tscKhz(tscKhz).make();
  }

  private static BlockSource source(Path directory, String disk) {
    return BlockSource.of(directory.resolve(disk + ".qcow2").toString(), "qcow2");
  }

  private static void newDisk(BlockSource source) throws IOException, InterruptedException {
    var argv = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    if (source.backing() != null) {
      argv.addAll(List.of("-F", "qcow2", "-b", source.backing()));
    }
    argv.addAll(List.of(source.path(), "64M"));
    var image = new ProcessBuilder(argv).inheritIO().start();
    assertThat(image.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(image.exitValue()).isZero();
  }

  /** As {@link #volume(String)}, made from another. */
  BlockSource clone(String name, BlockSource base) throws IOException, InterruptedException {
    var source =
        new BlockSource(directory.resolve(name + ".qcow2").toString(), "qcow2", base.path());
    newDisk(source);
    return source;
  }

  /** A new volume, to be plugged in. */
  BlockSource volume(String name) throws IOException, InterruptedException {
    var source = source(directory, name);
    newDisk(source);
    return source;
  }

  private void awaitFile(Path file) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!Files.exists(file)) {
      if (!process.alive() || System.nanoTime() > deadline) {
        throw new AssertionError("QEMU did not start: " + process.said());
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private RunningVm connect() throws InterruptedException {
    return RunningVm.connect(plan.files(), SOON, signals::add);
  }

  /** Lets go of QEMU and takes it up again, as a daemon that is started anew does. */
  RunningVm reconnect() throws InterruptedException {
    vm.close();
    await(QemuSignal.Closed.class);
    vm = connect();
    return vm;
  }

  RunningVm vm() {
    return vm;
  }

  void attachDisk(Disk disk, BlockSource source) throws InterruptedException {
    var machine = machine();
    vm.attachDisk(machine.with(machine.placeDisk(disk)), disk, source);
  }

  void attachNic(Nic nic, List<Forward> forwards) throws InterruptedException {
    var machine = machine();
    vm.attachNic(machine.with(List.of(machine.placeNic(nic))), nic, forwards);
  }

  /** The machine with the devices that QEMU says it has now. */
  private LaunchedMachine machine() throws InterruptedException {
    return new LaunchedMachine(plan.name(), plan.board(), plan.accelerator(), vm.devicePlaces());
  }

  /** The ids of disks, NICs and CD drives. */
  Set<String> devices() throws InterruptedException {
    return vm.devices().stream()
        .filter(id -> id.matches("(disk|nic|cd)-.*"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  LaunchPlan plan() {
    return plan;
  }

  QemuProcess process() {
    return process;
  }

  /** Waits for a signal of a kind and takes all that came before it off the queue. */
  <S extends QemuSignal> S await(Class<S> kind) throws InterruptedException {
    long deadline = System.nanoTime() + GUEST_DEADLINE.toNanos();
    var passed = new ArrayList<QemuSignal>();
    while (true) {
      var signal = signals.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (signal == null) {
        throw new AssertionError("no " + kind.getSimpleName() + " came, but " + passed);
      } else if (kind.isInstance(signal)) {
        return kind.cast(signal);
      }
      passed.add(signal);
    }
  }

  /** The files that QEMU has open. */
  List<String> openFiles() throws IOException {
    var open = new ArrayList<String>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        open.add(Files.readSymbolicLink(descriptor).toString());
      }
    }
    return open;
  }

  List<JsonNode> commands() {
    return tap.commands();
  }

  @Override
  public void close() throws IOException {
    vm.close();
    process.close();
    tap.close();
  }
}
