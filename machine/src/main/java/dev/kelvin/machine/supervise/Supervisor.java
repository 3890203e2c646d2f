package dev.kelvin.machine.supervise;

import dev.kelvin.machine.engine.Condition;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.guest.GuestNews;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.supervise.Mailbox.Message;
import dev.kelvin.model.Code;
import dev.kelvin.model.Lifecycle.Trigger;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.RestartMode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Cares for one VM. Everything that changes what is known of the VM passes through the mailbox of
 * its thread, one at a time and in order; so nothing in here is locked, and no change of one VM
 * waits for another. Only what the guest may take its time for goes on beside it, by {@link
 * Operations}.
 *
 * <p>Where to look: what happens when a VM ends, however it does, is all in {@link Termination}.
 * What comes before and after the start of a process, or taking one over, is in {@link Starter};
 * what the start itself does, from top to bottom, in its engine: for QEMU in the module's {@code
 * qemu.VmLauncher}. What a process, its helpers or its guest tell is in {@link Listener}, changes
 * of devices are in {@link Converger}, and what is known of the VM in {@link VmState}. Nothing in
 * this package knows what the process is; all that needs that is behind {@link
 * dev.kelvin.machine.engine.Engine}.
 */
public final class Supervisor {
  private static final Logger LOG = System.getLogger(Supervisor.class.getName());

  /** How long deadlines wait after one that failed. */
  private static final Duration CALM = Duration.ofSeconds(1);

  private final Mailbox mailbox = new Mailbox();
  private final VmState vm;
  private final Termination termination;
  private final Starter starter;
  private final Operations operations = new Operations(this::send);
  private final Converger converger;
  private final Listener listener;
  private final WorkerThread worker = new WorkerThread(this::work);
  private final CountDownLatch begun = new CountDownLatch(1);
  private volatile boolean forgotten;

  public Supervisor(VmRecord record, VmStatus status, VmState.Context context) {
    this.vm = new VmState(record, status, context);
    this.termination = new Termination(vm, operations);
    this.converger = new Converger(vm, operations);
    this.starter =
        new Starter(
            vm,
            termination,
            operations,
            (from, signal) -> send(new Message.Heard(from, signal)),
            (from, news) -> send(new Message.Guest(from, news)));
    this.listener = new Listener(vm, termination, starter);
  }

  private void send(Message message) {
    mailbox.add(message);
    worker.wake("vm-" + vm.name());
  }

  /** Begins to care, and first takes over the process of an earlier daemon if there is one. */
  public void begin(@Nullable RunRecord earlier) {
    try {
      lookFor(earlier);
      if (vm.restartAt != null && vm.context().all().restartsWait()) {
        vm.restartAt = Instant.MAX; // for its turn
      }
    } finally {
      begun.countDown();
      worker.open();
      if (restartWaits() && !vm.context().all().restartsWait()) {
        send(new Message.Ask(new VmRequest.Autostart(), new CompletableFuture<>()));
      }
      if (!rests()) {
        worker.wake("vm-" + vm.name());
      }
    }
  }

  /** Whether its restart waits for its turn. */
  public boolean restartWaits() {
    return Instant.MAX.equals(vm.restartAt);
  }

  /** Whether neither a message nor a deadline is there, nor a process that may send one. */
  private boolean rests() {
    return mailbox.isEmpty()
        && !operations.busy()
        && vm.running() == null
        && vm.shutdown == null
        && vm.restartAt == null
        && vm.checkAt.equals(Instant.MAX);
  }

  private void lookFor(@Nullable RunRecord earlier) {
    if (earlier != null) {
      starter.adopt(earlier);
      return;
    }
    boolean again = restartWasPending();
    if (vm.phase().hasProcess()) {
      var exit =
          new VmStatus.Exit(
              ExitReason.START_FAILED,
              "the daemon ended while it was being started",
              Instant.now());
      vm.move(
          vm.status().withoutProcess(exit),
          vm.phase() == Phase.STARTING ? Trigger.START_FAILED : Trigger.EXITED,
          null);
    }
    vm.restartAt = again ? SteadyTime.now() : null;
  }

  /**
   * The process, once it is known whether an earlier daemon left one; a process that hangs is not
   * waited for longer than {@code patience}.
   */
  public @Nullable Instance running(Duration patience) throws InterruptedException {
    boolean known = begun.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    return known ? vm.running() : null;
  }

  /** Whether the restart policy was about to start it, or did so, when the daemon ended. */
  private boolean restartWasPending() {
    return (!vm.phase().hasProcess() || vm.phase() == Phase.STARTING)
        && vm.phase() != Phase.PENDING
        && vm.phase() != Phase.DELETING
        && vm.record().spec().power() == Power.RUNNING
        && vm.record().spec().restart().policy() != RestartMode.NEVER;
  }

  public VmRecord record() {
    return vm.record();
  }

  /** What is wanted and what was last observed; never waits. */
  public Vm snapshot() {
    return vm.snapshot();
  }

  public @Nullable Instance running() {
    return vm.running();
  }

  /** Whether its guest stands still since a disk of it failed, and nobody has resumed it. */
  public boolean pausedByDisk() {
    return vm.pausedByDisk();
  }

  public @Nullable GuestWatch guest() {
    return vm.guest();
  }

  /**
   * Asks for something and waits until it is done; whoever is interrupted waits no more.
   *
   * @throws ProblemException when it cannot be done
   */
  public void ask(VmRequest request) throws InterruptedException {
    var answer = new CompletableFuture<Void>();
    send(new Message.Ask(request, answer));
    if (worker.isClosed()) {
      refuseTheRest();
    }
    try {
      answer.get();
    } catch (InterruptedException e) {
      answer.cancel(false);
      throw e;
    } catch (ExecutionException e) {
      Throwable why = Objects.requireNonNullElse(e.getCause(), e);
      throw new ProblemException(ProblemException.toProblem(why), why);
    }
  }

  /** Has the care end soon; {@link #release} waits for that. */
  public void interrupt() {
    worker.interrupt();
  }

  /** Ends the care; the VM's process goes on. One that hangs is left behind. */
  public void release(Duration patience) {
    boolean ended = worker.close(patience);
    refuseTheRest();
    if (ended) {
      vm.letGo();
    } else {
      LOG.log(Level.WARNING, "the supervisor of " + vm.ref() + " hangs; it is left behind");
    }
  }

  private static Instant later(Instant a, Instant b) {
    return a.isBefore(b) ? b : a;
  }

  private void work() {
    Instant notBefore = Instant.MIN;
    while (!forgotten) {
      try {
        if (worker.over(this::rests)) {
          return;
        }
        Instant next = later(nextDeadline(), notBefore);
        long wait = Duration.between(SteadyTime.now(), next).toMillis();
        Message message = mailbox.poll(Math.max(0, wait));
        if (message != null) {
          handle(message);
        }
        if (!SteadyTime.now().isBefore(notBefore)) {
          deadlines(SteadyTime.now());
        }
      } catch (InterruptedException e) {
        break;
      } catch (RuntimeException | Error e) { // whatever it is, the VM is looked after further
        LOG.log(Level.ERROR, "in the supervisor of " + vm.ref(), e);
        notBefore = SteadyTime.now().plus(CALM); // what failed may be due still
      }
    }
    worker.end();
    operations.end(stopping());
    refuseTheRest();
  }

  /** Answers those whom the thread, which has ended, will not answer. */
  private void refuseTheRest() {
    for (Message left = mailbox.poll(); left != null; left = mailbox.poll()) {
      switch (left) {
        case Message.Ask ask -> ask.answer().completeExceptionally(stopping());
        case Message.Inside inside -> inside.waiting().completeExceptionally(stopping());
        case Message.Heard _, Message.Guest _ -> {}
      }
    }
  }

  private RuntimeException stopping() {
    return Problem.of(Code.UNAVAILABLE, "The VM is not looked after any more")
        .on(vm.ref())
        .because(forgotten ? "it has been deleted" : "the daemon is stopping")
        .remedy(
            forgotten
                ? "see \"kelvin ls\" for the VMs there are"
                : "ask again when the daemon is back: kelvin up --detach")
        .asException();
  }

  private Instant nextDeadline() {
    Instant next = vm.checkAt;
    if (vm.restartAt != null && vm.restartAt.isBefore(next)) {
      next = vm.restartAt;
    }
    Instant latest = SteadyTime.now().plus(Duration.ofHours(1));
    return next.isBefore(latest) ? next : latest;
  }

  /** The guest did not shut down in the time that it had. */
  private void shutdownUnheeded() {
    try {
      termination.shutdownOverdue();
      starter.look();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the care ends
    }
  }

  private void deadlines(Instant now) throws InterruptedException {
    if (vm.restartAt != null && !now.isBefore(vm.restartAt)) {
      starter.restart();
    }
    if (!now.isBefore(vm.checkAt)) {
      starter.check();
    }
  }

  private void handle(Message message) throws InterruptedException {
    switch (message) {
      case Message.Ask ask -> {
        VmRequest request = ask.request();
        CompletableFuture<Void> answer = ask.answer();
        try {
          if (!(request instanceof VmRequest.Forget)) {
            termination.requireStored();
          }
          if (changesDevices(request) && operations.defer(ask)) {
            return;
          }
          if (perform(request, answer)) {
            answer.complete(null);
          }
        } catch (InterruptedException e) {
          answer.completeExceptionally(stopping());
          throw e;
        } catch (RuntimeException | Error e) {
          answer.completeExceptionally(e);
          if (e instanceof Error) {
            LOG.log(Level.ERROR, "in the supervisor of " + vm.ref(), e);
          }
        }
      }
      case Message.Heard(int from, Signal signal) -> {
        if (from == vm.generation && vm.running() != null) {
          listener.heard(signal);
        }
      }
      case Message.Guest(int from, GuestNews news) -> {
        if (from == vm.generation && vm.running() != null) {
          listener.heard(news);
        }
      }
      case Message.Inside(Runnable change, var _) -> change.run();
    }
  }

  private static boolean changesDevices(VmRequest request) {
    return request instanceof VmRequest.Converge || request instanceof VmRequest.GoBack;
  }

  /** Does what is asked; false when the answer comes later. */
  private boolean perform(VmRequest request, CompletableFuture<Void> answer)
      throws InterruptedException {
    switch (request) {
      case VmRequest.Start() -> {
        vm.note(vm.status().withRestarts(0));
        starter.start();
        vm.wantPower(Power.RUNNING);
      }
      case VmRequest.Autostart() -> starter.autostart();
      case VmRequest.Stop() -> termination.stop();
      case VmRequest.Shutdown(Duration timeout, boolean force) -> {
        return termination.shutdown(timeout, force, answer, this::shutdownUnheeded);
      }
      case VmRequest.CancelShutdown() -> {
        termination.cancelShutdown();
        starter.look();
      }
      case VmRequest.Reset() -> {
        vm.require(Phase.RUNNING, "reset").reset();
        vm.tell("vm.reset", "reset by a user");
        listener.guestRestarted();
      }
      case VmRequest.Pause() -> pause();
      case VmRequest.Resume() -> resume();
      case VmRequest.SendKeys(var keys) -> vm.requireProcess("pressing keys").sendKeys(keys);
      case VmRequest.Screenshot(var target, var screen) ->
          vm.requireProcess("a screenshot").screenshot(target, screen);
      case VmRequest.Converge(VmRecord wanted) -> {
        return converger.converge(wanted, false, answer);
      }
      case VmRequest.GoBack(VmRecord before) -> {
        return converger.converge(before, true, answer);
      }
      case VmRequest.Rename(VmRecord renamed) -> {
        vm.record(renamed);
        vm.show(vm.status());
      }
      case VmRequest.Created() -> {
        if (vm.phase() == Phase.PENDING) {
          vm.decide(vm.status(), Trigger.CREATED, null);
        }
      }
      case VmRequest.Delete(boolean force) -> termination.markDeleting(force);
      case VmRequest.KeepAfterAll(String why) -> {
        if (vm.phase() == Phase.DELETING) {
          vm.decide(vm.status(), Trigger.DELETE_FAILED, why);
        }
      }
      case VmRequest.Forget() -> {
        forgotten = true;
        vm.letGo();
        vm.tell("vm.deleted", "is deleted");
      }
    }
    return true;
  }

  private void pause() throws InterruptedException {
    if (vm.phase() != Phase.PAUSED) {
      vm.require(Phase.RUNNING, "pausing").pause();
      vm.move(Trigger.PAUSE, null);
    }
  }

  private void resume() throws InterruptedException {
    if (vm.phase() != Phase.RUNNING) {
      Instance paused = vm.require(Phase.PAUSED, "resuming");
      if (paused.condition() == Condition.FOREIGN) {
        throw vm.wrongState(
            "QEMU is in a state that Kelvin does not bring about; its guest may run elsewhere",
            "end what has brought it there, or stop it: kelvin stop " + vm.name());
      }
      vm.goesOn(); // until the process tells otherwise, which it may do at once
      paused.proceed();
      vm.wentOn();
      vm.move(Trigger.RESUME, null);
    }
  }
}
