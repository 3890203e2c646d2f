package dev.kelvin.machine.supervise;

import dev.kelvin.machine.engine.DiskFailure;
import dev.kelvin.machine.engine.Engine;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.KeptRuns;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmNames;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.Code;
import dev.kelvin.model.Lifecycle;
import dev.kelvin.model.Lifecycle.Trigger;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Power;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a supervisor knows of its VM. Written by the supervisor's thread only; the volatile parts
 * are read by others at any time.
 */
public final class VmState {
  private static final Logger LOG = System.getLogger(VmState.class.getName());

  /** What all supervisors share. */
  public record Context(
      VmRepository repository,
      Engine engine,
      Volumes volumes,
      VmHome home,
      EventSink events,
      VmNames names,
      KeptRuns kept,
      UnknownGuests unknown,
      AllVms all) {}

  /**
   * That a process is gone.
   *
   * @param power what was wanted before a start that failed; null for what follows from the reason
   * @param automatic whether nobody but Kelvin asked for a start that failed
   */
  record Ending(
      ExitReason reason,
      @Nullable String detail,
      Instant at,
      @Nullable Power power,
      boolean automatic) {
    Ending(ExitReason reason, @Nullable String detail, Instant at) {
      this(reason, detail, at, null, false);
    }
  }

  private final Context context;
  private volatile VmRecord record;
  private volatile VmStatus status;

  /** Made once for each change, so that all who look have the same one. */
  private volatile Vm snapshot;

  private volatile @Nullable Instance running;
  private volatile @Nullable GuestWatch guest;
  private volatile boolean pausedByDisk;

  /** Tells signals of the present process from those of earlier ones. */
  int generation;

  /** Whether its process was launched by a daemon that died before it could let it go. */
  boolean starting;

  /** The request to shut down that is under way. */
  @Nullable Shutdown shutdown;

  /** An end that is not stored yet; until it is, the status is that of before. */
  @Nullable Ending ending;

  /** When the restart policy starts it again, by {@link dev.kelvin.model.SteadyTime}. */
  @Nullable Instant restartAt;

  /** When to look next whether the process answers, by {@link dev.kelvin.model.SteadyTime}. */
  Instant checkAt = Instant.MAX;

  VmState(VmRecord record, VmStatus status, Context context) {
    this.record = record;
    this.status = status;
    this.context = context;
    this.snapshot = shown(record, status);
  }

  private static Vm shown(VmRecord record, VmStatus status) {
    return new Vm(record.metadata(), record.spec().withoutSecrets(), status);
  }

  Context context() {
    return context;
  }

  VmRecord record() {
    return record;
  }

  VmStatus status() {
    return status;
  }

  Phase phase() {
    return status.phase();
  }

  @Nullable Instance running() {
    return running;
  }

  @Nullable GuestWatch guest() {
    return guest;
  }

  Vm snapshot() {
    return snapshot;
  }

  void record(VmRecord newRecord) {
    String before = name();
    record = newRecord;
    snapshot = shown(newRecord, status);
    keep();
    if (!name().equals(before)) {
      context.names().moved(id(), before, name());
    }
  }

  private void status(VmStatus newStatus) {
    status = newStatus;
    snapshot = shown(record, newStatus);
  }

  /** Notes a status that is stored with the next {@link #show} or {@link #move}. */
  void note(VmStatus newStatus) {
    status(newStatus);
  }

  void hold(Instance newRunning) {
    running = newRunning;
    keep();
  }

  /** Keeps what is known of the process beside the store, too. */
  private void keep() {
    Instance now = running;
    if (now == null) {
      return;
    }
    try {
      context.kept().save(record, now.run());
    } catch (ProblemException e) {
      // Only who loses the store misses it.
      LOG.log(Level.WARNING, e.problem().oneLine());
    }
  }

  /**
   * Notes that its guest stands still since a disk of it failed.
   *
   * @param failure null when the process does not tell which
   * @return why, for people
   */
  String pausedByDisk(@Nullable DiskFailure failure) {
    pausedByDisk = true;
    if (failure == null) {
      return "a disk failed, or the host has no space for it";
    }
    String where =
        context
            .volumes()
            .file(record, failure.disk())
            .map(file -> ", " + file.getParent() + ",")
            .orElse("");
    return failure.full()
        ? "the file system of its disk %s%s is full: free some space there, then resume it"
            .formatted(failure.disk(), where)
        : "the host cannot read or write its disk %s%s (%s): mend that, then resume it"
            .formatted(
                failure.disk(),
                where,
                failure.reason() == null ? "an I/O error" : failure.reason());
  }

  /** Whether its guest stands still since a disk of it failed, and nobody has resumed it. */
  boolean pausedByDisk() {
    return pausedByDisk;
  }

  /** Its guest goes on, or is about to. */
  void goesOn() {
    pausedByDisk = false;
  }

  void watch(GuestWatch watch) {
    guest = watch;
    watch.start();
  }

  /** Its CPUs stood still, or may have, and go on: the guest's clock is seen to, beside this. */
  void wentOn() {
    GuestWatch watch = guest;
    if (watch != null) {
      watch.wentOn();
    }
  }

  /** Lets go of the process; it goes on. */
  void letGo() {
    GuestWatch watch = guest;
    guest = null;
    if (watch != null) {
      watch.close();
    }
    Instance now = running;
    running = null;
    pausedByDisk = false;
    if (now != null) {
      now.close();
    }
  }

  void show(VmStatus newStatus) {
    status(newStatus);
    context.repository().saveStatus(id(), newStatus);
  }

  void tell(String type, String message) {
    context.events().publish(type, ref(), message, Map.of());
  }

  /**
   * Goes to the state that the table gives for what was observed; it is so also if the store does
   * not take it.
   *
   * @throws dev.kelvin.model.ProblemException wrong-state when the table has none
   */
  void move(Trigger trigger, @Nullable String message) {
    move(status, trigger, message);
  }

  /** As {@link #move(Trigger, String)}, with what else is known now. */
  void move(VmStatus from, Trigger trigger, @Nullable String message) {
    Phase before = phase();
    VmStatus next = after(from, trigger, message);
    show(next);
    tellOf(before, trigger, next);
  }

  /** As {@link #move} for what begins only when it is stored: otherwise nothing has changed. */
  void decide(VmStatus from, Trigger trigger, @Nullable String message) {
    VmStatus before = status;
    VmStatus next = after(from, trigger, message);
    // Who watches the store is shown what is here when it changes: so this is first, too.
    status(next);
    try {
      context.repository().saveStatus(id(), next);
    } catch (RuntimeException e) {
      status(before);
      throw e;
    }
    tellOf(before.phase(), trigger, next);
  }

  /** Stores that a process was started; the VM shall run from now on. */
  void began(RunRecord run, VmStatus newStatus) {
    status(newStatus);
    VmRecord stored = context.repository().runChanges().began(record, run, newStatus);
    if (!stored.equals(record)) {
      record(stored);
    }
  }

  /** As {@link #decide}, of a process that is gone; together with whether the VM shall run. */
  void end(VmStatus from, Trigger trigger, @Nullable String message, Power power) {
    VmStatus before = status;
    VmStatus next = after(from, trigger, message);
    status(next);
    try {
      VmRecord stored = context.repository().runChanges().ended(record, next, power);
      if (!stored.equals(record)) {
        record(stored);
      }
    } catch (RuntimeException e) {
      status(before);
      throw e;
    }
    tellOf(before.phase(), trigger, next);
  }

  private VmStatus after(VmStatus from, Trigger trigger, @Nullable String message) {
    Phase before = phase();
    Phase next =
        Lifecycle.next(before, trigger)
            .orElseThrow(() ->
                wrongState(
                    trigger.wire() + " is not possible in that state",
                    "wait for what is under way, then look at its state"));
    return from.in(next, message, Instant.now());
  }

  private void tellOf(Phase before, Trigger trigger, VmStatus now) {
    String phase = now.phase().wire();
    String message = now.message();
    context
        .events()
        .publish(
            "vm." + phase,
            ref(),
            message == null ? "is " + phase : message,
            Map.of("from", before.wire(), "trigger", trigger.wire()));
  }

  /** The process of a VM that must be in {@code phase} for {@code what}. */
  Instance require(Phase phase, String what) {
    Instance now = running;
    if (phase() != phase || now == null) {
      throw wrongState(
          what + " needs a VM that is " + phase.wire(),
          "see its state with \"kelvin show " + name() + "\"");
    }
    return now;
  }

  /** The process of a VM that must have one which answers. */
  Instance requireProcess(String what) {
    Instance now = running;
    if (now == null || phase() == Phase.UNRESPONSIVE) {
      throw wrongState(
          what + " needs a VM that runs and answers",
          "start it with \"kelvin start " + name() + "\", or stop it first if it hangs");
    }
    return now;
  }

  RuntimeException wrongState(String cause, String remedy) {
    return Problem.of(Code.WRONG_STATE, "The VM is " + phase().wire())
        .on(ref())
        .because(cause)
        .remedy(remedy)
        .asException();
  }

  /** Lets the wanted state follow an end that is final, so that it is not started again later. */
  void wantPower(Power power) {
    if (record.spec().power() != power) {
      record(context.repository().savePower(record, power));
    }
  }

  String id() {
    return record.metadata().id();
  }

  String name() {
    return record.metadata().name();
  }

  String ref() {
    return record.ref();
  }
}
