package dev.kelvin.server.local.health;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the store says, or said last: whoever only wants to see what is known does not wait for a
 * store that is out. It is asked by one at a time.
 */
public final class LastKnown<T> {
  private static final Logger LOG = System.getLogger(LastKnown.class.getName());

  /** How long an answer is waited for. */
  static final Duration PATIENCE = Duration.ofMillis(500);

  /**
   * What was found.
   *
   * @param asOf when that was asked for; null when it is what is so now
   */
  public record Found<T>(T value, @Nullable Instant asOf) {}

  private record Answer<T>(T value, Instant at, Instant told) {}

  private record Asking<T>(CompletableFuture<Optional<Answer<T>>> answer, long since) {}

  private final Supplier<T> question;
  private final InstantSource clock;
  private final AtomicReference<@Nullable Asking<T>> asked = new AtomicReference<>();
  private volatile Answer<T> last;

  /** Asks for the first time, and waits for the answer. */
  public LastKnown(Supplier<T> question) {
    this(question, InstantSource.system());
  }

  /**
   * One that tells the time by a clock.
   *
   * @param clock that people go by
   */
  LastKnown(Supplier<T> question, InstantSource clock) {
    this.question = question;
    this.clock = clock;
    this.last = answer();
  }

  private Answer<T> answer() {
    Instant at = clock.instant();
    Instant begun = SteadyTime.now();
    return new Answer<>(question.get(), begun, at);
  }

  /** What is so now, if that is known soon; else what was last known. */
  public T get() {
    return find().value();
  }

  /**
   * The same, and whether it is what was last known. Whoever comes while another asks waits for
   * that answer; all of them together for no longer than the patience from when it was asked.
   */
  public Found<T> find() {
    var mine = new Asking<T>(new CompletableFuture<>(), System.nanoTime());
    Asking<T> other = asked.compareAndExchange(null, mine);
    if (other == null) {
      Thread.ofVirtual().name("last-known").start(() -> ask(mine.answer()));
    }
    Optional<Answer<T>> now = await(other == null ? mine : other);
    if (now.isPresent()) {
      return new Found<>(now.get().value(), null);
    }
    Answer<T> known = last;
    return new Found<>(known.value(), known.told());
  }

  private Optional<Answer<T>> await(Asking<T> asking) {
    long left = PATIENCE.toNanos() - (System.nanoTime() - asking.since());
    try {
      return asking.answer().get(Math.max(0, left), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LOG.log(Level.TRACE, "no answer yet", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("nobody completes it so", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private void ask(CompletableFuture<Optional<Answer<T>>> answer) {
    Optional<Answer<T>> told = Optional.empty();
    try {
      Answer<T> now = answer();
      last = now;
      told = Optional.of(now);
    } catch (ProblemException e) {
      LOG.log(Level.DEBUG, () -> "what was last known is told: " + e.problem().oneLine());
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "what is known could not be asked for", e);
    } finally {
      asked.set(null); // whatever happened: the next one asks again
      answer.complete(told);
    }
  }

  /** How old what is known is. */
  public Duration age() {
    return Duration.between(last.at(), SteadyTime.now());
  }
}
