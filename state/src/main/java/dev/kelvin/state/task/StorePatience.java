package dev.kelvin.state.task;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Waits;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Asks a store that may not answer yet. */
final class StorePatience {
  private static final System.Logger LOG = System.getLogger(StorePatience.class.getName());

  private StorePatience() {}

  /**
   * What the store answers, as soon as it does.
   *
   * @param closing ends the waiting
   * @return empty when that came before an answer
   */
  static <T> Optional<T> ask(Supplier<T> question, TaskSettings settings, CountDownLatch closing) {
    Duration wait = settings.firstRetry();
    while (true) {
      try {
        return Optional.of(question.get());
      } catch (ProblemException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "tasks of before wait for the store: " + e.problem().oneLine());
      }
      try {
        if (closing.await(wait.toNanos(), TimeUnit.NANOSECONDS)) {
          return Optional.empty();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
      wait = Waits.twice(wait, settings.lastRetry());
    }
  }
}
