package dev.kelvin.bench.process;

import dev.kelvin.bench.report.Series;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Waits for conditions. */
public final class Await {
  /** Short against what is measured, long enough not to compete with it for a processor. */
  public static final long POLL_NANOS = 500_000;

  private static final long CALM_NANOS = 250_000_000;

  /** For what takes less than a second on an idle machine. */
  public static final Duration USUAL = Duration.ofSeconds(60);

  private Await() {}

  /** What is waited for. */
  @FunctionalInterface
  public interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  /** What is done to close something. */
  @FunctionalInterface
  public interface Closing {
    void run() throws IOException, InterruptedException;
  }

  /** Does it for a close method, which may not be interrupted by its contract. */
  public static void whileClosing(Closing closing) throws IOException {
    try {
      closing.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("while closing").initCause(e);
    }
  }

  /** What is tried until it succeeds. */
  @FunctionalInterface
  public interface Attempt<T> {
    /** Empty when it has to be tried again. */
    Optional<T> make() throws IOException, InterruptedException;
  }

  /** What is measured; may use the number of its repetition. */
  @FunctionalInterface
  public interface Measured {
    void run(int number) throws IOException;
  }

  /** How long something takes, {@code count} times. */
  public static Series timed(String name, int count, Measured measured) throws IOException {
    var times = new ArrayList<Duration>();
    for (int i = 0; i < count; i++) {
      long begin = System.nanoTime();
      measured.run(i);
      times.add(Duration.ofNanos(System.nanoTime() - begin));
    }
    return Series.ofTimes(name, times);
  }

  /** Waits until a condition holds. Fails when it takes longer than {@code limit}. */
  public static void until(String what, Duration limit, Condition condition)
      throws IOException, InterruptedException {
    result(what, limit, () -> condition.holds() ? Optional.of(true) : Optional.empty());
  }

  /** As {@link #until}, for what takes long: hardly looks, so that it takes no time from others. */
  public static void calmly(String what, Duration limit, Condition condition)
      throws IOException, InterruptedException {
    result(what, limit, CALM_NANOS, () -> condition.holds() ? Optional.of(true) : Optional.empty());
  }

  /** Tries until there is a result. Fails when it takes longer than {@code limit}. */
  public static <T> T result(String what, Duration limit, Attempt<T> attempt)
      throws IOException, InterruptedException {
    return result(what, limit, POLL_NANOS, attempt);
  }

  /**
   * As the other.
   *
   * @param pause between attempts, in nanoseconds
   */
  public static <T> T result(String what, Duration limit, long pause, Attempt<T> attempt)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      Optional<T> result = attempt.make();
      if (result.isPresent()) {
        return result.get();
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(what + " did not come in " + limit.toSeconds() + " s");
      }
      if (Thread.interrupted()) {
        throw new InterruptedException("while waiting for " + what);
      }
      LockSupport.parkNanos(pause);
    }
  }
}
