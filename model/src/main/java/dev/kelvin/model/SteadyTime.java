package dev.kelvin.model;

import java.time.Instant;

/**
 * Time for deadlines within one process: it never jumps, whatever is done to the host's clock. Its
 * moments have nothing to do with the date; they are neither stored nor shown.
 */
public final class SteadyTime {
  private SteadyTime() {}

  public static Instant now() {
    return Instant.EPOCH.plusNanos(System.nanoTime());
  }
}
