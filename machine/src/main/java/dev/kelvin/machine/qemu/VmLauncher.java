package dev.kelvin.machine.qemu;

import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.ProcessLauncher;
import dev.kelvin.host.net.HostShield;
import dev.kelvin.host.process.BootId;
import dev.kelvin.host.process.HeadStart;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.engine.Engine.RunSaver;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.guest.SerialHub;
import dev.kelvin.machine.launch.Companions;
import dev.kelvin.machine.launch.HostResources;
import dev.kelvin.machine.launch.Meanwhile;
import dev.kelvin.machine.launch.Peers;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.launch.home.ImageSource;
import dev.kelvin.machine.launch.home.KernelFile;
import dev.kelvin.machine.launch.home.Nvram;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.launch.share.SharePaths;
import dev.kelvin.machine.launch.share.SharedDirectories;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.HeldResource.Exposure;
import dev.kelvin.machine.store.HeldResource.RuntimeDirectory;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VolumeClaims;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.LaunchedMemory;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qemu.control.QemuEvents;
import dev.kelvin.qemu.control.RunningVm;
import dev.kelvin.qemu.cpu.CpuCheck;
import dev.kelvin.qemu.cpu.CpuTables;
import dev.kelvin.qemu.launch.CommandLine;
import dev.kelvin.qemu.launch.Companion;
import dev.kelvin.qemu.launch.Extras;
import dev.kelvin.qemu.launch.Pinning;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.Budget;
import dev.kelvin.storage.StorageDriver;
import dev.kelvin.storage.StoredVolume;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starts QEMU for a VM, and takes over one that runs. A start that fails leaves nothing behind. */
public final class VmLauncher {
  private static final Logger LOG = System.getLogger(VmLauncher.class.getName());

  /** How long QEMU may take to answer on its control socket; a loaded host takes seconds. */
  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(30);

  /** What all QEMUs, and what the agents of all guests, may make the daemon hold. */
  private static final long QEMUS_MAY_HOLD = 32L << 20;

  private static final long AGENTS_MAY_HOLD = 48L << 20;

  /** Of which one may hold this; 16 MiB of a program's output take it when they are decoded. */
  private static final long ONE_AGENT_MAY_HOLD = 40L << 20;

  private final Budget qemus = new Budget(QEMUS_MAY_HOLD);
  private final Budget agents = new Budget(AGENTS_MAY_HOLD, ONE_AGENT_MAY_HOLD);
  private final Supplier<HostFacts> facts;
  private final CpuTables cpus;
  private final ProcessLauncher processes;
  private final Companions companions;
  private final StorageDriver storage;
  private final ImageSource images;
  private final VmHome home;
  private final HostShield shield;
  private final HostResources resources;
  private final Peers peers;
  private final String bootId;
  private final Cells cells;
  private final SharePaths paths;

  public VmLauncher(
      Supplier<HostFacts> facts,
      CpuTables cpus,
      ProcessLauncher processes,
      StorageDriver storage,
      ImageSource images,
      VmHome home,
      HostShield shield,
      Peers peers) {
    this.facts = facts;
    this.cpus = cpus;
    this.processes = processes;
    this.companions = new Companions(processes);
    this.storage = storage;
    this.images = images;
    this.home = home;
    this.shield = shield;
    this.resources = new HostResources(home, user -> shield.expose(user, false));
    this.peers = peers;
    this.cells = new Cells(home.layout());
    this.paths = new SharePaths(home.layout(), home.hostPaths());
    this.bootId = readBootId();
  }

  /**
   * Starts a VM. Its process goes ahead of other guests until QEMU has answered that the virtual
   * CPUs run: its answer would otherwise stand behind all that they compute.
   *
   * @param signals told what QEMU and what serves it tell
   * @param record called with what a restarted daemon needs, as soon as the process exists
   */
  public QemuInstance start(VmRecord vm, Consumer<Signal> signals, RunSaver record)
      throws InterruptedException {
    HostFacts host = facts.get().of(vm.spec().architecture());
    String accelerator = accelerator(vm.spec(), host, vm.metadata().name());
    @Nullable ProcessId process = null;
    @Nullable RunningVm qemu = null;
    @Nullable SerialHub serial = null;
    @Nullable Meanwhile<Boolean> shielded = null;
    // What is got of the host, in this order: on record as soon as there is a process.
    var held = new ArrayList<HeldResource>();
    held.add(new RuntimeDirectory(home.runtime(vm.metadata().id()).toString()));
    var walls = new LostWalls(processes, host.runAsRoot());
    try (var shared = shared(vm, host)) {
      home.prepare(vm);
      LaunchPlan plan = plan(vm, host, accelerator, shared);
      VmFiles files = plan.files();
      var serving =
          companions.start(
              vm,
              one -> walls.noted(cells.of(one, plan, vm.uid(), shared)),
              Companion.of(plan),
              files.runtime());
      held.addAll(serving);
      Files.deleteIfExists(files.output());
      shielded = shield(vm, held);
      Launch launch = launch(vm, plan, walls);
      process = processes.launch(launch);
      try (var ahead = new HeadStart(process)) {
        var run = runOf(vm, process, plan, launch, held);
        record.save(run);
        qemu =
            RunningVm.awaitStart(
                files,
                CONNECT_DEADLINE,
                ahead::alive,
                signal -> signals.accept(Translation.of(signal)),
                way(vm.uid(), process));
        requireUuid(qemu, vm);
        serial = serial(vm, files, process);
        shared.requireServed(serving, files::shared);
        shared.requireSeen(process);
        shielded.result();
        qemu.cont();
        var started = new QemuInstance(process, qemu, serial, files, run);
        started.watchCompanions(signals);
        walls.tell(vm.ref(), signals);
        return started;
      }
    } catch (IOException | RuntimeException | InterruptedException | Error e) {
      abandon(vm, process, qemu, serial, shielded, held);
      switch (e) {
        case InterruptedException interrupted -> throw interrupted;
        case Error fault -> throw fault; // such as no more threads
        case ProblemException known -> throw known;
        default -> throw failed(vm, e);
      }
    }
  }

  /** Sees to it, beside QEMU's own start, that the guest reaches of the host what it may. */
  private Meanwhile<Boolean> shield(VmRecord vm, List<HeldResource> held) {
    if (vm.uid() >= 0 && vm.spec().reachesHost()) {
      held.add(new Exposure(vm.uid()));
    }
    return Meanwhile.start(
        "shield",
        () -> {
          expose(vm.uid(), vm.spec());
          return true;
        });
  }

  private static ProblemException failed(VmRecord vm, Throwable e) {
    return Problem.of(Code.HOST_FAILURE, "The VM could not be started")
        .on(vm.ref())
        .because(String.valueOf(e))
        .remedy(
            "see what it wrote with \"kelvin logs %s\", and the daemon's log of this moment"
                .formatted(vm.metadata().name()))
        .asException(e);
  }

  private RunRecord runOf(
      VmRecord vm, ProcessId process, LaunchPlan plan, Launch launch, List<HeldResource> held) {
    return new RunRecord(
        process.encode(),
        bootId,
        plan.accelerator(),
        Instant.now(),
        vm.spec(),
        plan.forwards().values().stream().flatMap(List::stream).toList(),
        List.of(),
        plan.files().runtime().toString(),
        vm.uid(),
        LaunchedMemory.of(plan.spec()),
        DevicePlace.of(launch.argv()),
        HeldResource.stored(held));
  }

  /**
   * Takes over a process that an earlier daemon started.
   *
   * @throws ProblemException unavailable when its control socket does not answer
   */
  public QemuInstance adopt(VmRecord vm, RunRecord run, QemuEvents events)
      throws InterruptedException {
    VmFiles files = home.files(vm.metadata().id());
    ProcessId process = ProcessId.decode(run.process());
    VmRecord asStarted = vm.withSpec(run.spec());
    int uid = run.userOr(vm.uid());
    expose(uid, run.spec());
    home.prepareToAdopt(vm);
    RunningVm qemu = RunningVm.connect(files, Duration.ofSeconds(10), events, way(uid, process));
    try {
      requireUuid(qemu, asStarted);
      RunRecord whole =
          run.isIncomplete() ? run.completed(uid, qemu.devicePlaces(), files.runtime()) : run;
      return new QemuInstance(process, qemu, serial(asStarted, files, process), files, whole);
    } catch (RuntimeException | InterruptedException e) {
      qemu.close();
      throw e;
    } catch (IOException e) {
      qemu.close();
      throw Problem.of(Code.UNAVAILABLE, "The serial port of the VM cannot be opened")
          .on(vm.ref())
          .because(e.toString())
          .remedy(
              "Kelvin tries again; if it stays so, \"kelvin stop %s\" ends the VM"
                  .formatted(vm.metadata().name()))
          .asException(e);
    }
  }

  /** The kernel has told that it is the VM's process; this makes sure that it is for this VM. */
  private static void requireUuid(RunningVm qemu, VmRecord asStarted) throws InterruptedException {
    String wanted = CommandLine.uuid(asStarted.metadata().id(), asStarted.spec());
    String found = qemu.uuid();
    if (!found.equalsIgnoreCase(wanted)) {
      throw Problem.of(Code.UNAVAILABLE, "The control socket of the VM is that of another")
          .on(asStarted.ref())
          .because("the machine behind it has the UUID " + found + " and not " + wanted)
          .remedy("end the VM with \"kelvin stop %s\"".formatted(asStarted.metadata().name()))
          .asException();
    }
  }

  /** Connects to the screen of a VM that runs. */
  public SocketChannel screen(QemuInstance running) throws IOException {
    return peers.of(running.user(), running.process()).dial(running.files().vnc());
  }

  private RunningVm.Way way(int uid, ProcessId process) {
    return new RunningVm.Way(peers.of(uid, process), qemus);
  }

  /** A client for the agent of a guest that runs. */
  public AgentClient agent(QemuInstance held, Duration limit) {
    return AgentClient.connect(
        held.files().agent(), limit, peers.of(held.user(), held.process()), agents);
  }

  /** The forwards of one more card of a VM that runs, with their host ports. */
  List<Forward> ports(VmRecord vm, Nic nic) {
    return home.ports(vm.metadata().id()).resolve(List.of(nic)).getFirst();
  }

  public boolean sameBoot(RunRecord run) {
    return run.bootId().equals(bootId);
  }

  private static String readBootId() {
    try {
      return BootId.current();
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The kernel does not tell its boot id")
          .because(e.toString())
          .remedy("mount /proc")
          .asException(e);
    }
  }

  /** What a VM runs on here. */
  public static String accelerator(VmSpec spec, HostFacts host, @Nullable String vm) {
    return switch (spec.accelerator()) {
      case AUTO -> host.defaultAccelerator();
      case TCG -> "tcg";
      case KVM -> {
        if (!host.accelerators().contains("kvm")) {
          throw kvmMissing(vm, spec.architecture());
        }
        yield "kvm";
      }
    };
  }

  public static RuntimeException kvmMissing(@Nullable String vm, Architecture architecture) {
    Problem problem =
        Problem.of(Code.CAPABILITY_MISSING, "The VM demands KVM, which is not proven to work here")
            .at("spec.accelerator")
            .because(
                architecture.isX86()
                    ? "no guest ran on KVM here: it is missing, forbidden, broken or slower than"
                        + " emulation"
                    : "this host's CPU does not run " + architecture.wire())
            .remedy("see \"kelvin doctor\"; accelerator auto accepts software emulation");
    return (vm == null ? problem : problem.on(Vm.ref(vm))).asException();
  }

  private LaunchPlan plan(VmRecord vm, HostFacts host, String accelerator, SharedDirectories shared)
      throws IOException, InterruptedException {
    VmSpec spec = vm.spec();
    Pinning.requireMachine(spec, host);
    Extras.check(spec, host);
    CpuCheck.check(spec, host, accelerator, cpus);
    paths.check(spec);
    KernelFile.check(spec, home.hostPaths());
    Nvram.provide(vm, host, home);
    boolean seed = home.provideSeed(vm);
    var disks = new LinkedHashMap<String, BlockSource>();
    for (Disk disk : spec.disks()) {
      disks.put(disk.name(), disk(vm, disk));
    }
    var media = new LinkedHashMap<String, Path>();
    for (Cdrom drive : spec.cdroms()) {
      if (drive.image() != null) {
        media.put(drive.name(), images.file(drive.image(), Format.ISO));
      }
    }
    VmSpec bootable =
        shared.placed(spec).toBuilder()
            .boot(home.provideKernel(vm))
            .cdroms(home.installerCds(images).provide(vm, media))
            .build();
    var forwards = new LinkedHashMap<String, List<Forward>>();
    List<List<Forward>> resolved = home.ports(vm.metadata().id()).resolve(spec.nics());
    for (int i = 0; i < spec.nics().size(); i++) {
      forwards.put(spec.nics().get(i).name(), resolved.get(i));
    }
    return new LaunchPlan(
        vm.metadata().name(),
        vm.metadata().id(),
        bootable,
        host,
        home.files(vm.metadata().id()),
        accelerator,
        disks,
        media,
        seed,
        forwards);
  }

  /** The volume of a disk, there, large enough, and readable by the VM's user. */
  public BlockSource disk(VmRecord vm, Disk disk) {
    String id = VolumeClaims.volumeId(vm.metadata().id(), disk);
    StoredVolume volume =
        storage
            .find(id)
            .orElseThrow(() ->
                Problem.of(Code.NOT_FOUND, "The volume of disk " + disk.name() + " is missing")
                    .on(vm.ref())
                    .because("there is no volume " + id + " in the pool")
                    .remedy(
                        "restore the volume's file, or take the disk out: kelvin disk detach %s %s"
                            .formatted(vm.metadata().name(), disk.name()))
                    .asException());
    // First, since a volume grows as the user that has it.
    storage.grant(id, vm.uid() < 0 ? null : vm.uid());
    ByteSize wanted = disk.size();
    if (wanted != null && wanted.compareTo(volume.size()) > 0) {
      volume = storage.resize(id, wanted);
    }
    Path backing = volume.backing();
    return new BlockSource(
        volume.path().toString(), volume.format(), backing == null ? null : backing.toString());
  }

  /** Where every path is allowed, an ordinary user's server reaches nothing but the user's own. */
  private SharedDirectories shared(VmRecord vm, HostFacts host) {
    boolean plain = !host.runAsRoot() && !home.hostPaths().areLimited();
    VmSpec spec = plain ? vm.spec().toBuilder().shares(List.of()).build() : vm.spec();
    return SharedDirectories.hold(vm.metadata().name(), spec, paths);
  }

  /** Lets a guest reach the host if its spec says so, and only then. */
  public void expose(int uid, VmSpec spec) {
    shield.expose(uid, spec.reachesHost());
  }

  /** Gives back what the machine of a VM held. */
  void release(String id, List<HeldResource> held) {
    resources.release(id, held);
  }

  /** Forgets what the guest of a VM that is no more was allowed. */
  public void conceal(VmRecord vm) {
    shield.expose(vm.uid(), false);
  }

  public Path media(String image) {
    return images.file(image, Format.ISO);
  }

  private Launch launch(VmRecord vm, LaunchPlan plan, LostWalls walls) throws InterruptedException {
    return new Launch(
        vm.ref(),
        CommandLine.build(plan),
        plan.files().runtime(),
        plan.files().output(),
        walls.noted(cells.of(plan, vm.uid())),
        plan.facts().files().environment(),
        List.of());
  }

  /** Lets a QEMU that runs reach what is about to be plugged into it. */
  void show(VmRecord vm, ProcessId process, List<View> views) {
    cells.show(vm, process, views);
  }

  /** Takes the volume of a disk that is out from a QEMU that runs. */
  void hide(VmRecord vm, ProcessId process, Disk disk) {
    String volume = VolumeClaims.volumeId(vm.metadata().id(), disk);
    cells.hide(vm, process, storage.path(volume).stream().toList());
  }

  private @Nullable SerialHub serial(VmRecord vm, VmFiles files, ProcessId process)
      throws IOException {
    if (!vm.spec().serial().enabled()) {
      return null;
    }
    return SerialHub.connect(
        peers.of(vm.uid(), process),
        files.serial(),
        files.serialLog(),
        vm.spec().serial().logSize().bytes(),
        vm.metadata().name());
  }

  private void abandon(
      VmRecord vm,
      @Nullable ProcessId process,
      @Nullable RunningVm qemu,
      @Nullable SerialHub serial,
      @Nullable Meanwhile<Boolean> shielded,
      List<HeldResource> held) {
    try {
      if (qemu != null) {
        qemu.close();
      }
      if (serial != null) {
        serial.close();
      }
      if (process != null) {
        Processes.kill(process);
      }
      if (shielded != null) {
        shielded.settle();
      }
      resources.release(vm.metadata().id(), held);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "clearing away a failed start of " + vm.metadata().name(), e);
    }
  }
}
