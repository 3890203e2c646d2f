package dev.kelvin.machine.supervise;

import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A request to shut down that is under way, as an operation: the guest's agent is asked, and its
 * ACPI power button is pressed again and again, because a guest that is still booting misses the
 * first press.
 */
final class Shutdown {
  private static final Logger LOG = System.getLogger(Shutdown.class.getName());
  private static final Duration PRESS_INTERVAL = Duration.ofSeconds(10);

  /** Who asked; one that waits no more has cancelled the answer. */
  private record Asker(CompletableFuture<Void> answer, boolean force) {
    boolean waits() {
      return !answer.isCancelled();
    }
  }

  private final Instant deadline;
  private final List<Asker> askers = new ArrayList<>();

  Shutdown(Instant deadline, boolean force, CompletableFuture<Void> first) {
    this.deadline = deadline;
    join(first, force);
  }

  void join(CompletableFuture<Void> answer, boolean force) {
    askers.add(new Asker(answer, force));
  }

  /** Whether somebody who still waits wants it stopped at the deadline. */
  boolean force() {
    return askers.stream().anyMatch(asker -> asker.waits() && asker.force());
  }

  boolean wanted() {
    return askers.stream().anyMatch(Asker::waits);
  }

  /**
   * Asks again and again, and returns when the time is over.
   *
   * @param vm whose process may be lost and found again meanwhile
   */
  void ask(VmState vm) throws InterruptedException {
    while (SteadyTime.now().isBefore(deadline)) {
      Instance running = vm.running();
      GuestWatch agent = vm.guest();
      if (running != null) {
        // Beside this: an agent that does not answer must not hold the deadline up.
        Thread.ofVirtual().name("shutdown").start(() -> ask(running, agent));
      }
      Instant next = SteadyTime.now().plus(PRESS_INTERVAL);
      await(next.isBefore(deadline) ? next : deadline);
    }
  }

  private static void await(Instant moment) throws InterruptedException {
    while (SteadyTime.now().isBefore(moment)) {
      LockSupport.parkNanos(Duration.between(SteadyTime.now(), moment).toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException("the shutdown is over");
      }
    }
  }

  private static void ask(Instance running, @Nullable GuestWatch agent) {
    if (agent != null && agent.answers() && agent.shutdown()) {
      return;
    }
    try {
      running.requestShutdown();
    } catch (ProblemException e) {
      LOG.log(Level.INFO, () -> "pressing the power button: " + e.problem().oneLine());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void done() {
    askers.forEach(asker -> asker.answer().complete(null));
  }

  void fail(RuntimeException why) {
    askers.forEach(asker -> asker.answer().completeExceptionally(why));
  }
}
