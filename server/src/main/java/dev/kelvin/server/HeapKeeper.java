package dev.kelvin.server;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Gives memory back to the host. The serial collector lets the old generation grow up to the limit
 * of the heap before it collects it, and a start alone fills it with twice what stays in use. So
 * this looks from time to time, and collects where much is garbage; that takes some 40 ms.
 */
final class HeapKeeper {
  private static final Duration INTERVAL = Duration.ofSeconds(15);
  private static final long SLACK_BYTES = 6 << 20;

  private long afterLast;

  /** Looks for as long as the process lives, on a virtual thread of its own. */
  void start() {
    Thread.ofVirtual().name("heap").start(this::work);
  }

  private void work() {
    while (true) {
      LockSupport.parkNanos(INTERVAL.toNanos());
      if (used() > afterLast + SLACK_BYTES) {
        System.gc();
        afterLast = used();
      }
    }
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
