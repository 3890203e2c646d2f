package dev.kelvin.host.check;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.qemu.FirmwareFinder;
import dev.kelvin.host.qemu.FirmwareFinder.Kind;
import dev.kelvin.host.qemu.HelperPrograms;
import dev.kelvin.host.qemu.QemuCensus;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.host.qemu.QemuInspector;
import dev.kelvin.host.qemu.QemuInspector.Qemu;
import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.model.spec.Architecture;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what this host can do, by doing it. The result is kept in the state directory until the
 * kernel, the CPU, QEMU, the access to KVM or the installed tools change.
 */
public final class Doctor {
  private static final Path ROOT = Path.of("/");
  private static final int STAGES = 5;

  private final Commands commands;
  private final DoctorCache cache;
  private final Path runtime;
  private final QemuChoice choice;
  private final QemuCensus qemus;
  private final HostIdentity identity;
  private final Supplier<CellSupport> cells;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile DoctorCache.@Nullable Entry known;

  /**
   * With the QEMUs of a choice.
   *
   * @param cells the walls of cells that can be built here
   */
  public Doctor(Layout layout, Commands commands, QemuChoice choice, Supplier<CellSupport> cells) {
    this.cells = cells;
    this.commands = commands;
    this.cache = new DoctorCache(layout.state().resolve("doctor.json"));
    this.runtime = layout.runtime();
    this.choice = choice;
    this.qemus = new QemuCensus(choice);
    this.identity = new HostIdentity(ROOT, qemus);
  }

  /** The kept report, or a new one when there is none for the host as it is now. */
  public DoctorReport report() {
    return entry().report();
  }

  /**
   * What decides how QEMU is called; kept and renewed like the report.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing when QEMU is not installed, or
   *     when the one that is picked cannot be used
   */
  public HostFacts facts() {
    HostFacts facts = entry().facts();
    if (facts == null) {
      choice.usable(Architecture.X86_64).ifPresent(this::tellWhyNot);
      throw Problem.of(Code.CAPABILITY_MISSING, "QEMU is not installed")
          .on(QemuInspector.PROGRAM)
          .because("there is no program of this name in the PATH")
          .remedy(Requirements.remedyFor(QemuInspector.PROGRAM, Distribution.current()))
          .asException();
    }
    return facts;
  }

  private void tellWhyNot(Path binary) {
    try {
      var _ = new QemuInspector(commands).inspect(binary);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Which walls around VMs the daemon found that it can build, each with what it protects from. */
  public List<Check> walls() {
    return new WallChecks(Users.isRoot()).all(cells.get());
  }

  /** Examines the host anew, which takes some seconds, and keeps the result. */
  public DoctorReport examine(ProgressSink progress) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      return renew(identity.key(), progress).report();
    } finally {
      lock.unlock();
    }
  }

  /** Does not wait for an examination under way when there is a result for the host as it is. */
  private DoctorCache.Entry entry() {
    String key = identity.key();
    DoctorCache.Entry last = known;
    if (last != null && last.key().equals(key)) {
      return last;
    }
    try {
      lock.lockInterruptibly();
      try {
        Optional<DoctorCache.Entry> kept = cache.read(key);
        DoctorCache.Entry entry = kept.isPresent() ? kept.get() : renew(key, ProgressSink.none());
        known = entry;
        return entry;
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Problem.of(Code.CANCELLED, "The examination of the host was interrupted")
          .because("whoever asked for it gave up, or the daemon ends")
          .remedy("examine it again: kelvin doctor --refresh")
          .asException(e);
    }
  }

  private DoctorCache.Entry renew(String key, ProgressSink progress) throws InterruptedException {
    try (var scratch = new Scratch(runtime.resolve("doctor"))) {
      DoctorCache.Entry entry = examineAll(key, scratch.directory(), progress);
      known = entry;
      cache.write(entry);
      return entry;
    }
  }

  private DoctorCache.Entry examineAll(String key, Path scratch, ProgressSink progress)
      throws InterruptedException {
    Optional<Distribution> distribution = Distribution.current();
    boolean root = Users.isRoot();
    var found = new Findings();
    var inspector = new QemuInspector(commands);
    var foreign =
        new ForeignGuests(inspector, new FirmwareFinder(ROOT), choice::usable, distribution).find();
    report(progress, 0, "asking QEMU what it has");
    Qemu qemu = inspect(inspector, distribution, scratch, found);
    if (qemu != null) {
      examineQemu(qemu, scratch, found, foreign, progress);
    }
    found.checks.addAll(foreign.checks());
    report(progress, 3, "looking for tools");
    found.checks.addAll(new ToolChecks(commands, distribution, root, provided()).all());
    report(progress, 4, "calling the kernel");
    var calls = new SyscallChecks();
    var kernel = new KernelChecks(ROOT, calls::mapsHugePage, calls::mergesPages);
    found.checks.addAll(kernel.memory());
    found.checks.addAll(calls.all());
    found.checks.addAll(kernel.confinement());
    List<DoctorReport.FoundQemu> all = qemus.all(commands);
    report(progress, STAGES, "done");
    List<String> missing =
        distribution
            .map(family -> Requirements.packages(family, Requirements.missing(provided())))
            .orElse(List.of());
    String accelerator = found.working.isEmpty() ? "tcg" : found.working.getFirst();
    return new DoctorCache.Entry(
        key,
        new DoctorReport(
            identity.describe(), accelerator, found.checks, missing, all, Instant.now()),
        found.facts);
  }

  private Set<String> provided() {
    return choice.isPicked(Architecture.X86_64) ? Requirements.ofPickedQemu() : Set.of();
  }

  /** What an examination has found so far. */
  private static final class Findings {
    private final List<Check> checks = new ArrayList<>();
    private List<String> working = List.of();
    private @Nullable HostFacts facts;
  }

  /** Asks the QEMU that is used; null when there is none or it cannot be used. */
  private @Nullable Qemu inspect(
      QemuInspector inspector, Optional<Distribution> distribution, Path scratch, Findings found)
      throws InterruptedException {
    try {
      Optional<Path> binary = choice.usable(Architecture.X86_64);
      if (binary.isPresent()) {
        return inspector.inspect(binary.get());
      }
      found.checks.addAll(new QemuChecks(commands, distribution, scratch).absent());
    } catch (ProblemException e) {
      found.checks.add(QemuChecks.unusable(e.problem()));
    }
    return null;
  }

  private void examineQemu(
      Qemu qemu, Path scratch, Findings found, ForeignGuests.Found foreign, ProgressSink progress)
      throws InterruptedException {
    Optional<Distribution> distribution = Distribution.current();
    boolean root = Users.isRoot();
    report(progress, 1, "running a guest under each accelerator");
    var proof = new GuestProof(commands, scratch, qemu.files());
    var accelerators = new AcceleratorChecks(ROOT, root, proof).examine(qemu.binary());
    found.working = accelerators.working();
    found.checks.addAll(accelerators.checks());
    report(progress, 2, "trying QEMU's parts");
    UefiFirmware uefi = new FirmwareFinder(ROOT).find(Kind.PLAIN).orElse(null);
    found.checks.addAll(new QemuChecks(commands, distribution, scratch).all(qemu, uefi));
    Extras extras = extras();
    found.checks.addAll(new ExtraChecks(distribution, root).all(extras));
    found.facts = facts(qemu, found.working, uefi, root, extras, foreign);
  }

  private HostFacts facts(
      Qemu qemu,
      List<String> accelerators,
      @Nullable UefiFirmware uefi,
      boolean root,
      Extras extras,
      ForeignGuests.Found foreign) {
    return new HostFacts(
        qemu.binary().toString(),
        qemu.version(),
        accelerators,
        qemu.machineAliases(),
        qemu.machines(),
        qemu.devices(),
        qemu.cpuModels(),
        identity.cpus(),
        identity.memory(),
        uefi,
        root,
        identity.tscKhz(),
        extras,
        foreign.emulators(),
        foreign.lacking(),
        qemu.files());
  }

  private Extras extras() throws InterruptedException {
    var firmware = new FirmwareFinder(ROOT);
    var programs = new HelperPrograms(ROOT, commands);
    return new Extras(
        firmware.find(Kind.SECURE).orElse(null),
        firmware.find(Kind.ENROLLED).orElse(null),
        programs.swtpm().map(Path::toString).orElse(null),
        programs.virtiofsd().orElse(null));
  }

  private static void report(ProgressSink progress, int done, String message) {
    progress.report(new Progress(done, STAGES, "stages", message));
  }
}
