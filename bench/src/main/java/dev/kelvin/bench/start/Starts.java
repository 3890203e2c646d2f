package dev.kelvin.bench.start;

import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.start.Start.Times;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Measures ways to start a VM in turns, so that what disturbs the machine disturbs all of them. */
public final class Starts {
  private final List<Start> starts;
  private final Map<Start, List<Times>> measured = new HashMap<>();

  public Starts(List<Start> starts) {
    this.starts = List.copyOf(starts);
  }

  /** Each once without counting, then {@code rounds} rounds, each in another order. */
  public void run(int rounds) throws IOException, InterruptedException {
    for (Start start : starts) {
      start.measure();
    }
    var order = new ArrayList<>(starts);
    for (int round = 1; round <= rounds; round++) {
      for (Start start : order) {
        Times times = start.measure();
        measured.computeIfAbsent(start, first -> new ArrayList<>()).add(times);
        System.out.printf(
            "  round %2d  %-14s running %7.1f ms, init %8.1f ms%n",
            round, start.name(), times.running().toNanos() / 1e6, times.init().toNanos() / 1e6);
      }
      Collections.rotate(order, 1);
    }
  }

  public Series running(Start start) {
    return series(start, "to running", Times::running);
  }

  public Series init(Start start) {
    return series(start, "to init", Times::init);
  }

  private Series series(Start start, String what, Function<Times, Duration> part) {
    List<Times> times = measured.getOrDefault(start, List.of());
    return Series.ofTimes(start.name() + ", " + what, times.stream().map(part).toList());
  }
}
