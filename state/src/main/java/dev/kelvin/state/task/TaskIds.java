package dev.kelvin.state.task;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.function.Supplier;

/** Ids of 20 hexadecimal digits that sort by the time of their making: 12 of it, 8 random. */
public final class TaskIds implements Supplier<String> {
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  public TaskIds(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public String get() {
    return "%012x%08x".formatted(clock.millis() & 0xffff_ffff_ffffL, random.nextInt());
  }
}
