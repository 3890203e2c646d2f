package dev.kelvin.bench.start;

import java.io.IOException;
import java.time.Duration;

/** A way to start the same VM. */
public interface Start {
  /** Such as {@code by hand}. */
  String name();

  /** Starts it, measures, and takes away everything that was started. */
  Times measure() throws IOException, InterruptedException;

  /**
   * How long it took from the word to start.
   *
   * @param running until its virtual CPUs run
   * @param init until the guest's init has written its marker
   */
  record Times(Duration running, Duration init) {}
}
