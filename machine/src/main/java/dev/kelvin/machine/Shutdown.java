package dev.kelvin.machine;

import dev.kelvin.model.ProblemException;
import dev.kelvin.qemu.RunningVm;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A request to shut down that is under way: the guest's agent is asked, and its ACPI power button
 * is pressed again and again, because a guest that is still booting misses the first press.
 */
final class Shutdown {
  private static final Logger LOG = System.getLogger(Shutdown.class.getName());
  private static final Duration PRESS_INTERVAL = Duration.ofSeconds(10);

  private final RunningVm qemu;
  private final @Nullable GuestWatch guest;
  private final Instant deadline;
  private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
  private boolean force;
  private Instant next = Instant.EPOCH;

  Shutdown(
      RunningVm qemu,
      @Nullable GuestWatch guest,
      Instant deadline,
      boolean force,
      CompletableFuture<Void> first) {
    this.qemu = qemu;
    this.guest = guest;
    this.deadline = deadline;
    this.force = force;
    waiting.add(first);
  }

  void join(CompletableFuture<Void> answer, boolean alsoForce) {
    waiting.add(answer);
    force = force || alsoForce;
  }

  boolean force() {
    return force;
  }

  boolean overdue(Instant now) {
    return !now.isBefore(deadline);
  }

  /** When there is something to do next. */
  Instant next() {
    return next.isBefore(deadline) ? next : deadline;
  }

  /** Asks in a thread of its own: an agent that does not answer must not hold up the mailbox. */
  void askAgain(Instant now) {
    next = now.plus(PRESS_INTERVAL);
    Thread.ofVirtual().name("shutdown").start(this::ask);
  }

  private void ask() {
    GuestWatch agent = guest;
    if (agent != null && agent.answers() && agent.shutdown()) {
      return;
    }
    try {
      qemu.powerdown();
    } catch (ProblemException e) {
      LOG.log(Level.INFO, () -> "pressing the power button: " + e.problem().oneLine());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void done() {
    waiting.forEach(answer -> answer.complete(null));
  }

  void fail(RuntimeException why) {
    waiting.forEach(answer -> answer.completeExceptionally(why));
  }
}
