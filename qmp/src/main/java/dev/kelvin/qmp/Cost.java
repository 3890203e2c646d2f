package dev.kelvin.qmp;

import java.time.Duration;

/** How long a command may take before its caller gives up. */
public enum Cost {
  /** Answers from memory: queries, {@code cont}, {@code stop}. */
  QUICK(Duration.ofSeconds(5)),
  /** Touches files or devices: {@code blockdev-add}, {@code device_add}, {@code screendump}. */
  NORMAL(Duration.ofSeconds(30)),
  /** Moves much data. */
  SLOW(Duration.ofMinutes(10));

  private final Duration timeout;

  Cost(Duration timeout) {
    this.timeout = timeout;
  }

  public Duration timeout() {
    return timeout;
  }
}
