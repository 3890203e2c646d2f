package dev.kelvin.image.pull;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits that a server needs to recover; they end at once when the task is cancelled. */
final class Pauses {
  private Pauses() {}

  static void pause(Duration time) throws InterruptedException {
    var never = new CountDownLatch(1);
    long end = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
      if (never.await(left, TimeUnit.NANOSECONDS)) {
        throw new IllegalStateException("nobody counts down");
      }
    }
  }
}
