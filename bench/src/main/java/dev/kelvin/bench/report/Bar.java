package dev.kelvin.bench.report;

/**
 * What is demanded of a figure.
 *
 * @param name what is compared
 * @param value what was measured
 * @param limit what it may be at most
 * @param unit {@code ms}, {@code MiB}, {@code %} or {@code x} for a ratio; empty for a number
 */
public record Bar(String name, double value, double limit, String unit) {
  public boolean met() {
    return value <= limit;
  }

  /** Of two medians. */
  public static Bar ratio(String name, Series of, Series to, double limit) {
    return new Bar(name, of.median() / to.median(), limit, "x");
  }
}
