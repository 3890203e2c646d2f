package dev.kelvin.machine.supervise;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.engine.Condition;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.engine.SpecDiff;
import dev.kelvin.machine.guest.GuestNews;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Lifecycle.Trigger;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Power;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a supervisor that bring a VM's process into its care: by starting it or taking it
 * over.
 */
final class Starter {
  private static final Logger LOG = System.getLogger(Starter.class.getName());
  static final Duration HEALTH_INTERVAL = Duration.ofSeconds(20);

  /** It will never answer again, and what is left of it must not compute on unseen. */
  private static final String BEHEADED =
      "the main thread of its process had ended; the threads that were left are ended too";

  static final Duration RECONNECT_INTERVAL = Duration.ofSeconds(3);

  private final VmState vm;
  private final Termination termination;
  private final Operations operations;
  private final BiConsumer<Integer, Signal> signals;
  private final BiConsumer<Integer, GuestNews> guestNews;

  Starter(
      VmState vm,
      Termination termination,
      Operations operations,
      BiConsumer<Integer, Signal> signals,
      BiConsumer<Integer, GuestNews> guestNews) {
    this.vm = vm;
    this.termination = termination;
    this.operations = operations;
    this.signals = signals;
    this.guestNews = guestNews;
  }

  void start() throws InterruptedException {
    start(false);
  }

  /**
   * Starts it.
   *
   * @param automatic whether nobody but Kelvin asks for it
   */
  private void start(boolean automatic) throws InterruptedException {
    if (vm.phase().hasProcess() && vm.phase() != Phase.STOPPING) {
      vm.restartAt = null;
      return;
    }
    vm.context().unknown().require(vm.id());
    vm.context().all().requireStarts(vm.ref());
    Power before = vm.record().spec().power();
    VmRecord mineAlone = vm.context().repository().ensureUser(vm.record());
    if (mineAlone.uid() != vm.record().uid()) {
      LOG.log(
          Level.WARNING,
          () -> vm.ref() + " gets another user: a VM of another daemon has " + vm.record().uid());
      vm.record(mineAlone);
    }
    vm.decide(vm.status(), Trigger.START, null);
    vm.restartAt = null;
    vm.starting = false;
    int mine = ++vm.generation;
    try {
      Instance started =
          vm.context()
              .engine()
              .start(vm.record(), signal -> signals.accept(mine, signal), this::save);
      vm.hold(started);
      note(started);
      vm.decide(vm.status(), Trigger.STARTED, null);
      watch(started, mine);
    } catch (RuntimeException | InterruptedException | Error e) {
      startFailed(e, before, automatic);
      throw e;
    }
  }

  /** Beside the store first: a process that only the store would know of could be lost with it. */
  private void save(RunRecord run) {
    vm.context().kept().save(vm.record(), run);
    vm.began(run, withProcess(run));
  }

  private VmStatus withProcess(RunRecord run) {
    long pid = ProcessId.decode(run.process()).pid();
    return vm.status().withProcess(pid, run.startedAt(), run.accelerator(), run.forwards());
  }

  private void note(Instance held) {
    vm.note(withProcess(held.run()));
    vm.checkAt = SteadyTime.now().plus(HEALTH_INTERVAL);
  }

  private void watch(Instance held, int mine) {
    if (held.run().spec().guestAgent()) {
      Consumer<GuestNews> heard = news -> guestNews.accept(mine, news);
      vm.watch(new GuestWatch(vm.context().engine().agent(held), vm.name(), heard));
    }
  }

  private void startFailed(Throwable why, Power before, boolean automatic) {
    Instance partial = vm.running();
    if (partial != null) {
      vm.letGo();
      Processes.kill(partial.process());
      termination.release(partial.run(), false);
    }
    termination.startFailed(
        why instanceof ProblemException known ? known.problem().oneLine() : String.valueOf(why),
        before,
        automatic);
  }

  /** Starts it again as the restart policy wants. */
  void restart() throws InterruptedException {
    // What start() takes away once it has begun; until then it is tried again.
    vm.restartAt = SteadyTime.now().plus(Termination.STORE_AGAIN);
    int restarts = vm.status().restarts() + 1;
    int generation = vm.generation;
    vm.note(vm.status().withRestarts(restarts));
    vm.tell("vm.restart", "restart " + restarts + " by its restart policy");
    try {
      start(true);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "restart " + restarts + " of " + vm.ref(), e);
      if (vm.generation == generation) { // it has not begun
        vm.note(vm.status().withRestarts(restarts - 1));
      }
    }
  }

  /** Its turn has come after the start of the host or the daemon. */
  void autostart() throws InterruptedException {
    if (vm.restartAt != null) {
      restart();
    } else if (!vm.phase().hasProcess()) {
      vm.note(vm.status().withRestarts(0));
      start(true);
    }
  }

  /** Takes over what an earlier daemon, or an earlier connection, left. */
  void adopt(RunRecord run) {
    int mine = ++vm.generation;
    vm.starting |= vm.phase() == Phase.STARTING;
    vm.checkAt = SteadyTime.now().plus(RECONNECT_INTERVAL);
    if (!vm.phase().hasProcess()) {
      vm.move(Trigger.PROCESS_FOUND, "a process of it is on record, and is looked for");
    }
    if (!vm.context().engine().sameBoot(run)) {
      termination.foundDead(run, ExitReason.HOST_RESTART, "the host was restarted while it ran");
      return;
    }
    ProcessId process = ProcessId.decode(run.process());
    if (process.gone()) {
      termination.foundDead(run, ExitReason.CRASH, "its process ended while no daemon watched");
      return;
    }
    try {
      if (process.beheaded()) {
        vm.context().engine().kill(vm.record(), run);
        termination.foundDead(run, ExitReason.CRASH, BEHEADED);
        return;
      }
      Instance adopted =
          vm.context().engine().adopt(vm.record(), run, signal -> signals.accept(mine, signal));
      vm.hold(adopted);
      if (!vm.context().repository().hasOwnUser(vm.record())) {
        vm.tell(
            "vm.user-shared",
            "a VM of another daemon on this host has its user id, %d, too; stop and start it to get another"
                .formatted(vm.record().uid()));
      }
      var known = vm.status().guest();
      note(adopted);
      watch(adopted, mine);
      vm.note(vm.status().withGuest(known));
      vm.note(
          vm.status()
              .withRestartRequired(SpecDiff.between(run.spec(), vm.record().spec()).restart()));
      if (!adopted.run().equals(run)) {
        saveCompleted(adopted.run());
      }
      observe(adopted, mine);
    } catch (ProblemException e) {
      unresponsive(e.problem().oneLine());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What an earlier daemon did not write down. The next one completes it again if this fails. */
  private void saveCompleted(RunRecord run) {
    try {
      vm.context().repository().saveRun(vm.id(), run);
    } catch (ProblemException e) {
      LOG.log(Level.WARNING, vm.ref() + ": its record is not completed: " + e.getMessage());
    }
  }

  /**
   * Takes over what the process is found in after a time without contact. The guest is let go only
   * where the daemon is known to have died before it could: what paused in any other way stays so
   * until somebody wants it to go on.
   */
  private void observe(Instance held, int mine) throws InterruptedException {
    switch (held.condition()) {
      case RUNNING -> found(Phase.RUNNING);
      case NOT_LET_GO -> {
        // A guest that is reset while it is paused is in this state, too.
        if (vm.starting) {
          held.proceed();
          found(Phase.RUNNING);
        } else {
          found(Phase.PAUSED, "it was reset while it was paused");
        }
      }
      case PAUSED -> found(Phase.PAUSED);
      case DISK_FAILED -> found(Phase.PAUSED, vm.pausedByDisk(held.diskFailure()));
      case FAULTY -> found(Phase.PAUSED, "QEMU met a fault: stop it, then start it");
      case FOREIGN ->
          found(
              Phase.PAUSED, "QEMU is in a state that Kelvin does not bring about, as a migration");
      case POWERED_OFF -> {
        found(Phase.RUNNING);
        signals.accept(mine, new Signal.PoweredOff(true, null));
      }
      case WATCHDOG_FIRED -> {
        found(Phase.RUNNING);
        signals.accept(mine, new Signal.WatchdogFired("pause"));
      }
      case PANICKED -> {
        found(Phase.RUNNING);
        signals.accept(mine, new Signal.Panicked("seen after a time without contact"));
      }
    }
    vm.starting = false;
  }

  /** Takes over what it did by itself while the VM was shown as shutting down. */
  void look() throws InterruptedException {
    Instance now = vm.running();
    if (now == null || vm.phase() != Phase.RUNNING) {
      return;
    }
    try {
      observe(now, vm.generation);
    } catch (ProblemException e) {
      unresponsive(e.problem().oneLine());
    }
  }

  private void found(Phase phase) {
    found(phase, null);
  }

  private void found(Phase phase, @Nullable String why) {
    if (vm.phase() == phase || (vm.phase() == Phase.STOPPING && vm.shutdown != null)) {
      vm.show(vm.status());
      return;
    }
    vm.move(phase == Phase.RUNNING ? Trigger.FOUND_RUNNING : Trigger.FOUND_PAUSED, why);
    if (phase == Phase.RUNNING) {
      vm.wentOn(); // it may have stood still while nobody saw it
    }
    if (phase == Phase.RUNNING && vm.shutdown != null) {
      vm.move(Trigger.SHUTDOWN, null);
    }
  }

  /** Looks whether the process still answers, and whether one that did not does again. */
  void check() throws InterruptedException {
    if (vm.ending != null) {
      termination.storeAgain();
      return;
    }
    Instance now = vm.running();
    if (now == null && vm.phase() != Phase.UNRESPONSIVE) {
      vm.checkAt = Instant.MAX;
      return;
    }
    vm.checkAt = SteadyTime.now().plus(HEALTH_INTERVAL);
    try {
      if (now != null && now.process().beheaded()) {
        termination.end(ExitReason.CRASH, BEHEADED);
        return;
      }
      if (now == null || !now.isOpen()) {
        reconnect(now);
        return;
      }
      if (vm.phase() == Phase.UNRESPONSIVE) {
        observe(now, vm.generation);
      } else if (!operations.busy(Operations.Kind.DEVICES)) {
        // While it plugs a device in it may answer late. Its answer is not taken over: signals tell
        // all that it does, and some may still be in the mailbox. It would tell anew at each look
        // that a watchdog has paused the guest, and of a pause before it is known who has made it.
        Condition _ = now.condition();
      }
    } catch (ProblemException e) {
      unresponsive(e.problem().oneLine());
    }
  }

  void unresponsive(String why) {
    vm.checkAt = SteadyTime.now().plus(RECONNECT_INTERVAL); // also when the store takes nothing
    if (vm.phase() != Phase.UNRESPONSIVE) {
      vm.move(Trigger.LOST, why);
    } else if (!why.equals(vm.status().message())) {
      vm.show(vm.status().in(Phase.UNRESPONSIVE, why, vm.status().since()));
    }
  }

  private void reconnect(@Nullable Instance before) {
    var run = vm.context().repository().run(vm.id());
    if (run.isPresent()) {
      if (before != null) {
        vm.letGo();
      }
      adopt(run.get());
    }
  }
}
