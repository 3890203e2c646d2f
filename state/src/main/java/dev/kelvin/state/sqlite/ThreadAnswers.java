package dev.kelvin.state.sqlite;

import dev.kelvin.model.ProblemException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Waits for other threads. */
public final class ThreadAnswers {
  private ThreadAnswers() {}

  /** Longer than any disk needs that still works. */
  private static final Duration LONGEST = Duration.ofSeconds(60);

  /**
   * The answer, whatever interrupts the wait: what was asked happens anyway, so the caller must
   * know it.
   *
   * @param late what is thrown when there is none in {@link #LONGEST}
   */
  static <T> T of(CompletableFuture<T> answer, Supplier<ProblemException> late) {
    return of(answer, LONGEST, late);
  }

  static <T> T of(CompletableFuture<T> answer, Duration longest, Supplier<ProblemException> late) {
    long end = System.nanoTime() + longest.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          throw late.get();
        } catch (ExecutionException e) {
          if (e.getCause() instanceof ProblemException known) {
            // The stack of this caller says more than that of the store's thread.
            throw known.problem().asException(known);
          }
          throw new CompletionException(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
