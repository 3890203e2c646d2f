package dev.kelvin.host;

import dev.kelvin.host.FirmwareFinder.Kind;
import dev.kelvin.host.QemuInspector.Qemu;
import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private final Supplier<Optional<Path>> qemu;
  private final HostIdentity identity;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile DoctorCache.@Nullable Entry known;

  public Doctor(Layout layout, Commands commands) {
    this(layout, commands, QemuInspector::find);
  }

  /** With the QEMU that {@code qemu} finds. */
  Doctor(Layout layout, Commands commands, Supplier<Optional<Path>> qemu) {
    this.commands = commands;
    this.cache = new DoctorCache(layout.state().resolve("doctor.json"));
    this.runtime = layout.runtime();
    this.qemu = qemu;
    this.identity = new HostIdentity(ROOT, qemu);
  }

  /** The kept report, or a new one when there is none for the host as it is now. */
  public DoctorReport report() {
    return entry().report();
  }

  /**
   * What decides how QEMU is called; kept and renewed like the report.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing when QEMU is not installed
   */
  public HostFacts facts() {
    HostFacts facts = entry().facts();
    if (facts == null) {
      throw Problem.of(Code.CAPABILITY_MISSING, "QEMU is not installed")
          .on(QemuInspector.PROGRAM)
          .because("there is no program of this name in the PATH")
          .remedy(Requirements.remedyFor(QemuInspector.PROGRAM, Distribution.current()))
          .asException();
    }
    return facts;
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
    List<Check> checks = new ArrayList<>();
    List<String> working = List.of();
    var qemuChecks = new QemuChecks(commands, distribution, scratch);
    Optional<Path> binary = qemu.get();
    HostFacts facts = null;
    var inspector = new QemuInspector(commands);
    var foreign =
        new ForeignGuests(inspector, new FirmwareFinder(ROOT), QemuInspector::find, distribution)
            .find();
    if (binary.isPresent()) {
      report(progress, 0, "asking QEMU what it has");
      Qemu found = inspector.inspect(binary.get());
      report(progress, 1, "running a guest under each accelerator");
      var accelerators =
          new AcceleratorChecks(ROOT, root, new GuestProof(commands, scratch))
              .examine(binary.get());
      working = accelerators.working();
      checks.addAll(accelerators.checks());
      report(progress, 2, "trying QEMU's parts");
      UefiFirmware uefi = new FirmwareFinder(ROOT).find(Kind.PLAIN).orElse(null);
      checks.addAll(qemuChecks.all(found, uefi));
      Extras extras = extras();
      checks.addAll(new ExtraChecks(distribution, root).all(extras));
      facts = facts(found, working, uefi, root, extras, foreign);
    } else {
      checks.addAll(qemuChecks.absent());
    }
    checks.addAll(foreign.checks());
    report(progress, 3, "looking for tools");
    checks.addAll(new ToolChecks(commands, distribution, root).all());
    report(progress, 4, "calling the kernel");
    var calls = new SyscallChecks();
    var kernel = new KernelChecks(ROOT, calls::mapsHugePage, calls::mergesPages);
    checks.addAll(kernel.memory());
    checks.addAll(calls.all());
    checks.addAll(kernel.confinement());
    report(progress, STAGES, "done");
    List<String> missing =
        distribution
            .map(family -> Requirements.packages(family, Requirements.missing()))
            .orElse(List.of());
    String accelerator = working.isEmpty() ? "tcg" : working.getFirst();
    return new DoctorCache.Entry(
        key,
        new DoctorReport(identity.describe(), accelerator, checks, missing, Instant.now()),
        facts);
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
        foreign.lacking());
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
