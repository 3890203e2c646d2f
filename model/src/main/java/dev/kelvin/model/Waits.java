package dev.kelvin.model;

import java.time.Duration;

/** Times to wait. */
public final class Waits {
  private Waits() {}

  public static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Twice as long, and no longer than {@code longest}: what fails is tried less and less often. */
  public static Duration twice(Duration wait, Duration longest) {
    return shorter(wait.multipliedBy(2), longest);
  }
}
