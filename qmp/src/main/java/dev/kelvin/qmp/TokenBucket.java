package dev.kelvin.qmp;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** So much at once, and so much a second: what is not used is kept up to the first. One thread. */
final class TokenBucket {
  private static final double SECOND = TimeUnit.SECONDS.toNanos(1);

  private final double burst;
  private final double perSecond;
  private final LongSupplier nanos;
  private double left;
  private long last;

  /**
   * @param nanos a clock as {@link System#nanoTime}
   */
  TokenBucket(double burst, double perSecond, LongSupplier nanos) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.nanos = nanos;
    this.left = burst;
    this.last = nanos.getAsLong();
  }

  /** Whether one more is allowed now. */
  boolean any() {
    refill();
    return left >= 1;
  }

  /** Takes one; false when none is left. */
  boolean take() {
    if (!any()) {
      return false;
    }
    left--;
    return true;
  }

  /**
   * Takes what has been used already.
   *
   * @return for how long whoever used it has to wait before it goes on, in nanoseconds; mostly 0
   */
  long owe(int used) {
    refill();
    left -= used;
    return left >= 0 ? 0 : (long) (-left / perSecond * SECOND);
  }

  private void refill() {
    long now = nanos.getAsLong();
    left = Math.min(burst, left + (now - last) / SECOND * perSecond);
    last = now;
  }
}
