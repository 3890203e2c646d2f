package dev.kelvin.server.local;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the store says, or said last: whoever only wants to see what is known does not wait for a
 * store that is out. It is asked by one at a time.
 */
final class LastKnown<T> {
  private static final Logger LOG = System.getLogger(LastKnown.class.getName());

  /** How long an answer is waited for. */
  static final Duration PATIENCE = Duration.ofMillis(500);

  private record Answer<T>(T value, Instant at) {}

  private final Supplier<T> question;
  private final AtomicReference<@Nullable CountDownLatch> asked = new AtomicReference<>();
  private volatile Answer<T> last;

  /** Asks for the first time, and waits for the answer. */
  LastKnown(Supplier<T> question) {
    this.question = question;
    this.last = new Answer<>(question.get(), SteadyTime.now());
  }

  /** What is so now, if that is known soon; else what was last known. */
  T get() {
    var mine = new CountDownLatch(1);
    CountDownLatch other = asked.compareAndExchange(null, mine);
    if (other == null) {
      Thread.ofVirtual().name("last-known").start(() -> ask(mine));
      try {
        boolean _ = mine.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return last.value();
  }

  private void ask(CountDownLatch done) {
    try {
      last = new Answer<>(question.get(), SteadyTime.now());
    } catch (ProblemException e) {
      LOG.log(Level.DEBUG, () -> "what was last known is told: " + e.problem().oneLine());
    } finally {
      asked.set(null);
      done.countDown();
    }
  }

  /** How old what is known is. */
  Duration age() {
    return Duration.between(last.at(), SteadyTime.now());
  }
}
