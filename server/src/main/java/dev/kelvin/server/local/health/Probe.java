package dev.kelvin.server.local.health;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tries whether something works, on a thread of its own: what does not answer holds up nobody. What
 * was found is good for a while.
 */
final class Probe {
  private final String what;
  private final Duration good;
  private final Duration patience;
  private final Callable<Optional<Problem>> attempt;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable CompletableFuture<Optional<Problem>> latest;
  private long begun;

  /**
   * One of which nothing is known yet.
   *
   * @param what is tried, such as {@code the store}
   * @param good how long an answer is good for
   * @param patience how long an answer is waited for
   */
  Probe(String what, Duration good, Duration patience, Callable<Optional<Problem>> attempt) {
    this.what = what;
    this.good = good;
    this.patience = patience;
    this.attempt = attempt;
  }

  /** Tries again when what is known is too old. Does not wait. */
  void renew() {
    lock.lock();
    try {
      var _ = current();
    } finally {
      lock.unlock();
    }
  }

  private CompletableFuture<Optional<Problem>> current() {
    CompletableFuture<Optional<Problem>> known = latest;
    boolean old = System.nanoTime() - begun > good.toNanos();
    return known == null || (known.isDone() && old) ? begin() : known;
  }

  /** What is wrong; empty when it works. */
  Optional<Problem> complaint() {
    CompletableFuture<Optional<Problem>> answer;
    long left;
    lock.lock();
    try {
      answer = current();
      // From its begin, so that of many who ask while it is stuck only the first ones wait.
      left = patience.toNanos() - (System.nanoTime() - begun);
    } finally {
      lock.unlock();
    }
    try {
      return answer.get(Math.max(0, left), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return Optional.of(silent("it has not answered within " + patience.toMillis() + " ms"));
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return Optional.of(
          cause instanceof ProblemException known ? known.problem() : silent(cause.toString()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(silent("the daemon ends"));
    }
  }

  private CompletableFuture<Optional<Problem>> begin() {
    var answer = new CompletableFuture<Optional<Problem>>();
    latest = answer;
    begun = System.nanoTime();
    // A platform thread: a disk that does not answer holds whatever it is that runs on.
    Thread.ofPlatform()
        .daemon()
        .name("probe of " + what)
        .start(() -> {
          try {
            answer.complete(attempt.call());
          } catch (Exception e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private Problem silent(String cause) {
    return Problem.of(Code.UNAVAILABLE, "The daemon cannot do its work: " + what)
        .because(cause)
        .remedy("see the daemon's log; it goes on by itself when this works again");
  }
}
