package dev.kelvin.machine.supervise;

import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.supervise.VmState.Ending;
import dev.kelvin.model.Code;
import dev.kelvin.model.Lifecycle.Trigger;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.Exit;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The parts of a supervisor that end a VM's process, and that decide what follows an end. */
final class Termination {
  private static final Logger LOG = System.getLogger(Termination.class.getName());

  /** When to try again what the store has refused. */
  static final Duration STORE_AGAIN = Duration.ofSeconds(5);

  /** For a process that has been told to end; to answer it has as long ({@link Instance#end}). */
  private static final Duration QUIT_DEADLINE = Duration.ofSeconds(5);

  private final VmState vm;
  private final Operations operations;

  Termination(VmState vm, Operations operations) {
    this.vm = vm;
    this.operations = operations;
  }

  /**
   * Asks the guest to shut down.
   *
   * @param unheeded called when the time for that is over
   * @return whether the answer is known already
   */
  boolean shutdown(
      Duration timeout, boolean force, CompletableFuture<Void> answer, Runnable unheeded) {
    if (!vm.phase().hasProcess()) {
      stayStopped();
      return true;
    }
    Shutdown asked = vm.shutdown;
    if (asked != null) {
      asked.join(answer, force);
      return false;
    }
    if (answer.isCancelled()) {
      return true;
    }
    vm.require(Phase.RUNNING, "shutting down");
    vm.decide(vm.status(), Trigger.SHUTDOWN, null);
    var begun = new Shutdown(SteadyTime.now().plus(timeout), force, answer);
    vm.shutdown = begun;
    operations.begin(
        Operations.Kind.SHUTDOWN,
        "shutdown-" + vm.name(),
        new CompletableFuture<>(), // those who asked are answered by what the guest does
        inside -> begun.ask(vm),
        why -> {
          if (why == null) {
            unheeded.run();
          } else {
            giveUp(begun, new ProblemException(ProblemException.toProblem(why), why));
          }
        });
    return false;
  }

  /** The guest was asked for as long as it was to be asked. */
  void shutdownOverdue() throws InterruptedException {
    Shutdown asked = vm.shutdown;
    if (asked == null || vm.ending != null) {
      return;
    }
    if (!asked.force()) {
      giveUp(
          asked,
          Problem.of(Code.TIMEOUT, "The guest did not shut down in time")
              .on(vm.ref())
              .because("neither its agent nor its ACPI power button led to a shutdown")
              .remedy("look at its console; \"kelvin stop " + vm.name() + "\" ends it at once")
              .asException());
      return;
    }
    try {
      end(ExitReason.STOPPED, "the guest did not shut down in time");
    } catch (RuntimeException e) { // whatever it is, those who asked are answered
      if (!(e instanceof ProblemException)) {
        LOG.log(Level.ERROR, "ending " + vm.ref() + ", which did not shut down", e);
      }
      if (vm.ending == null) {
        giveUp(asked, new ProblemException(ProblemException.toProblem(e), e));
      }
    }
  }

  /** Whoever asked is answered whatever else fails: a task would wait for ever. */
  private void giveUp(Shutdown asked, ProblemException why) {
    shutdownIsOver();
    try {
      runsOn("the guest did not follow a request to shut down");
    } finally {
      asked.fail(why);
    }
  }

  /** Takes a request to shut down back, unless somebody still waits for it. */
  void cancelShutdown() {
    Shutdown asked = vm.shutdown;
    if (asked == null || !asked.wanted()) {
      shutdownIsOver();
      runsOn("the request to shut down was taken back");
    }
  }

  private void shutdownIsOver() {
    vm.shutdown = null;
    operations.cancel(Operations.Kind.SHUTDOWN);
  }

  /** It may have become paused or unresponsive since it was asked, and stays so. */
  private void runsOn(String why) {
    if (vm.phase() == Phase.STOPPING) {
      vm.move(Trigger.SHUTDOWN_REFUSED, why);
    }
  }

  void stop() throws InterruptedException {
    if (!vm.phase().hasProcess()) {
      stayStopped();
      return;
    }
    end(ExitReason.STOPPED, null);
  }

  private void stayStopped() {
    vm.wantPower(Power.STOPPED);
    if (vm.restartAt != null) {
      vm.restartAt = null;
      vm.show(vm.status().in(vm.phase(), null, vm.status().since()));
    }
  }

  /**
   * Ends the process: by its own means if it listens, else by force.
   *
   * @throws ProblemException also when it has ended and that cannot be stored yet
   */
  void end(ExitReason reason, @Nullable String detail) throws InterruptedException {
    if (reason == ExitReason.STOPPED) {
      // Known before the process is gone: a daemon that dies here is followed by one that must not
      // take the end for a crash, and start the VM again.
      vm.wantPower(Power.STOPPED);
    } else {
      intend(reason, detail);
    }
    Instance now = vm.running();
    if (now != null && vm.phase() != Phase.UNRESPONSIVE) {
      boolean ends = !now.process().beheaded() && askToEnd(now);
      if (!ends || now.process().beheaded() || !Processes.awaitEnd(now.process(), QUIT_DEADLINE)) {
        Processes.kill(now.process());
      }
    } else {
      vm.context()
          .repository()
          .run(vm.id())
          .ifPresent(run -> vm.context().engine().kill(vm.record(), run));
    }
    ended(reason, detail);
    if (vm.ending != null) {
      throw notStored();
    }
  }

  /** Whether the process may end by itself now; one that does not answer will not. */
  private boolean askToEnd(Instance now) throws InterruptedException {
    try {
      now.end();
      return true;
    } catch (ProblemException e) {
      LOG.log(Level.INFO, () -> vm.ref() + " is killed: " + e.problem().oneLine());
      return e.problem().code() != Code.TIMEOUT;
    }
  }

  /**
   * Stores why the process is about to be ended, which nobody could tell afterwards: a daemon that
   * dies here is followed by one that must not take the end for a crash.
   */
  private void intend(ExitReason reason, @Nullable String detail) {
    vm.note(vm.status().withLastExit(new Exit(reason, detail, Instant.now())));
    try {
      vm.show(vm.status());
    } catch (RuntimeException e) { // the end must not wait for the store
      LOG.log(Level.WARNING, () -> vm.ref() + ": why it ends is not stored: " + e.getMessage());
    }
  }

  /** The control channel closed: the process has ended, or cannot be talked to. */
  boolean endedWithConnection(Instance now) {
    if (!Processes.awaitEnd(now.process(), Duration.ofSeconds(2))) {
      return false;
    }
    String words = now.lastWords();
    ended(
        vm.shutdown != null ? ExitReason.SHUTDOWN : ExitReason.CRASH,
        words == null ? "its process ended by itself or was killed" : words);
    return true;
  }

  /** Notes the end of a process that ended while nobody watched. */
  void foundDead(RunRecord run, ExitReason reason, String detail) {
    ExitReason why = reason;
    Exit noted = vm.status().lastExit();
    if (reason == ExitReason.CRASH && noted != null && noted.at().isAfter(run.startedAt())) {
      ended(noted.reason(), noted.detail());
      return;
    }
    if (reason == ExitReason.CRASH && vm.phase() == Phase.STOPPING) {
      why = ExitReason.SHUTDOWN;
    } else if (reason == ExitReason.CRASH && vm.record().spec().power() == Power.STOPPED) {
      why = ExitReason.STOPPED;
    }
    ended(why, detail);
  }

  private void ended(ExitReason reason, @Nullable String detail) {
    vm.generation++;
    vm.letGo();
    store(new Ending(reason, detail, Instant.now()));
  }

  /** A start did not succeed, and its process is gone. */
  void startFailed(String why, Power before, boolean automatic) {
    store(new Ending(ExitReason.START_FAILED, why, Instant.now(), before, automatic));
  }

  /** Tries again what the store has refused. */
  void storeAgain() {
    Ending ending = vm.ending;
    if (ending != null) {
      store(ending);
    }
  }

  /** Throws when the process has ended and the store still does not take it. */
  void requireStored() {
    storeAgain();
    if (vm.ending != null) {
      throw notStored();
    }
  }

  /**
   * Clears away after a process that is gone, and decides what follows. If that fails it is tried
   * again, since nobody will tell of this end a second time.
   */
  private void store(Ending ending) {
    vm.ending = ending;
    vm.checkAt = Instant.MAX;
    try {
      boolean others = vm.context().unknown().contains(vm.id());
      vm.context().repository().run(vm.id()).ifPresent(run -> release(run, others));
      follow(ending);
      if (!others) {
        vm.context().kept().delete(vm.id());
      }
      vm.context().volumes().releaseUnneeded(vm.id());
    } catch (RuntimeException e) { // whatever it is, the end must not be lost
      if (e instanceof ProblemException known && known.problem().code() == Code.WRONG_STATE) {
        // It will not come to be right, and must not keep the VM from everything else.
        vm.ending = null;
        Shutdown asked = vm.shutdown;
        shutdownIsOver();
        if (asked != null) {
          asked.fail(e);
        }
        throw e;
      }
      vm.checkAt = SteadyTime.now().plus(STORE_AGAIN);
      String text =
          "its process has ended; that cannot be stored yet: "
              + ProblemException.toProblem(e).oneLine();
      LOG.log(Level.WARNING, vm.ref() + ": " + text, e instanceof ProblemException ? null : e);
      vm.note(vm.status().in(vm.phase(), text, vm.status().since()));
      return;
    }
    vm.ending = null;
    Shutdown asked = vm.shutdown;
    shutdownIsOver();
    if (asked != null) {
      asked.done();
    }
  }

  /**
   * Gives back what a process that is gone held.
   *
   * @param others whether an unknown process of this VM runs on, which needs what is the VM's
   */
  void release(RunRecord run, boolean others) {
    List<HeldResource> held = run.holds(vm.record().uid(), vm.context().home().runtime(vm.id()));
    vm.context()
        .engine()
        .release(vm.id(), others ? held.stream().filter(HeldResource::ofProcess).toList() : held);
  }

  private void follow(Ending ending) {
    ExitReason reason = ending.reason();
    Instant started = vm.status().startedAt();
    boolean goodRun = started != null && started.plus(RestartPolicy.GOOD_RUN).isBefore(ending.at());
    int inRow = goodRun ? 0 : vm.status().restarts();
    var wait = RestartPolicy.waitBeforeRestart(vm.record().spec().restart(), reason, inRow);
    VmStatus after = vm.status().withoutProcess(new Exit(reason, ending.detail(), ending.at()));
    if (reason == ExitReason.START_FAILED) {
      followFailedStart(ending, after);
      return;
    }
    boolean crashed = crashed(reason);
    vm.end(
        after.withRestarts(wait.isPresent() ? inRow : 0),
        crashed ? Trigger.CRASH : Trigger.EXITED,
        wait.map(w -> "starts again in " + w.toSeconds() + " s")
            .orElse(crashed ? ending.detail() : null),
        wait.isEmpty() ? Power.STOPPED : vm.record().spec().power());
    vm.restartAt = wait.map(SteadyTime.now()::plus).orElse(null);
  }

  /** What a user asked for and failed is not tried again; what Kelvin does by itself is. */
  private void followFailedStart(Ending ending, VmStatus after) {
    Restart policy = vm.record().spec().restart();
    Optional<Duration> wait =
        ending.automatic()
            ? RestartPolicy.waitAfterFailedStart(policy, after.restarts())
            : Optional.empty();
    boolean givenUp = ending.automatic() && wait.isEmpty() && policy.policy() != RestartMode.NEVER;
    Power before = Objects.requireNonNullElse(ending.power(), vm.record().spec().power());
    vm.end(
        after,
        vm.phase() == Phase.STARTING ? Trigger.START_FAILED : Trigger.EXITED,
        wait.map(w -> "starts again in " + w.toSeconds() + " s: " + ending.detail())
            .orElse(ending.detail()),
        givenUp ? Power.STOPPED : before);
    vm.restartAt = wait.map(SteadyTime.now()::plus).orElse(null);
  }

  private ProblemException notStored() {
    return Problem.of(Code.UNAVAILABLE, "The end of the VM is not stored yet")
        .on(vm.ref())
        .because(String.valueOf(vm.status().message()))
        .remedy("see \"kelvin doctor\"; Kelvin tries again every few seconds")
        .asException();
  }

  private static boolean crashed(ExitReason reason) {
    return switch (reason) {
      case CRASH, GUEST_PANIC, WATCHDOG, HOST_RESTART -> true;
      case GUEST_POWEROFF, SHUTDOWN, STOPPED, START_FAILED -> false;
    };
  }

  void markDeleting(boolean force) throws InterruptedException {
    if (vm.phase() == Phase.DELETING) {
      return;
    }
    vm.context().unknown().require(vm.id());
    if (vm.phase().hasProcess()) {
      if (!force) {
        throw VmProblems.notOff(vm.name(), vm.phase()).asException();
      }
      end(ExitReason.STOPPED, "deleted");
    }
    vm.restartAt = null;
    vm.decide(vm.status(), Trigger.DELETE, null);
  }
}
