package dev.kelvin.bench;

/**
 * What is demanded of a figure.
 *
 * @param name what is compared
 * @param value what was measured
 * @param limit what it may be at most
 * @param unit {@code ms}, {@code MiB}, {@code %} or {@code x} for a ratio; empty for a number
 */
record Bar(String name, double value, double limit, String unit) {
  boolean met() {
    return value <= limit;
  }

  /** Of two medians. */
  static Bar ratio(String name, Series of, Series to, double limit) {
    return new Bar(name, of.median() / to.median(), limit, "x");
  }
}
