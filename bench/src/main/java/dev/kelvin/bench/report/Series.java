package dev.kelvin.bench.report;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Repeated measurements of one thing.
 *
 * @param name such as {@code kelvin start to running}
 * @param unit {@code ms} or {@code MiB}
 * @param samples in the order in which they were taken
 */
public record Series(String name, String unit, List<Double> samples) {
  public Series {
    samples = List.copyOf(samples);
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("nothing was measured of " + name);
    }
  }

  public static Series ofTimes(String name, List<Duration> times) {
    return new Series(name, "ms", times.stream().map(time -> time.toNanos() / 1e6).toList());
  }

  public double median() {
    return quantile(0.5);
  }

  /** The value below which this share of the samples lies, interpolated between neighbours. */
  public double quantile(double share) {
    double[] sorted = samples.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double at = share * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = (int) Math.ceil(at);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  public double max() {
    return Arrays.stream(samples.stream().mapToDouble(Double::doubleValue).toArray())
        .max()
        .orElseThrow();
  }
}
