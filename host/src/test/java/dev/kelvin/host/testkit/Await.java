package dev.kelvin.host.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Awaits what other processes do. */
public final class Await {
  private Await() {}

  public static void until(BooleanSupplier condition, String what) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("It did not happen within 20 s that " + what);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }
}
