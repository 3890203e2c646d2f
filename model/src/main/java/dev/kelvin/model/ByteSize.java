package dev.kelvin.model;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An amount of memory or storage, in bytes. Written as a whole number with a unit of IEC 80000-13
 * ({@code 512MiB}, {@code 10GiB}); {@code M}, {@code MB}, {@code G} and so on are read as the
 * binary units too, because that is what QEMU and its users mean by them. A bare number is bytes.
 *
 * @param bytes zero or more
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
  private static final Pattern FORM =
      Pattern.compile("\\s*(\\d{1,19})\\s*([kmgtpe]?)(?:i?b)?\\s*", Pattern.CASE_INSENSITIVE);
  private static final Map<String, Integer> SHIFTS =
      Map.of("", 0, "k", 10, "m", 20, "g", 30, "t", 40, "p", 50, "e", 60);

  /** No more MiB than memory can have are meant. */
  private static final long MOST_MEANT = 4L << 20;

  /** Binary places of a double of at least one that are below one, at the most. */
  private static final int PLACES = 52;

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size cannot be negative: " + bytes);
    }
  }

  public static ByteSize ofMiB(long mebibytes) {
    return new ByteSize(Math.multiplyExact(mebibytes, 1L << 20));
  }

  public static ByteSize ofGiB(long gibibytes) {
    return new ByteSize(Math.multiplyExact(gibibytes, 1L << 30));
  }

  /**
   * Reads a size.
   *
   * @throws IllegalArgumentException with a sentence for the user, when it is no size or exceeds
   *     what 63 bits hold (8 EiB)
   */
  public static ByteSize parse(String text) {
    var match = FORM.matcher(text);
    if (!match.matches()) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" is not a size; write a whole number and a unit, such as 512MiB or 10GiB");
    }
    int shift = Objects.requireNonNull(SHIFTS.get(match.group(2).toLowerCase(Locale.ROOT)), "unit");
    try {
      return new ByteSize(Math.multiplyExact(Long.parseLong(match.group(1)), 1L << shift));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is too large; the largest size is below 8EiB", e);
    }
  }

  public long mebibytes() {
    return bytes >> 20;
  }

  @Override
  public int compareTo(ByteSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /** The shortest exact form: {@code 1536MiB}, {@code 2GiB}, {@code 1000B}. */
  @Override
  public String toString() {
    int unit = bytes == 0 ? 0 : Math.min(Long.numberOfTrailingZeros(bytes) / 10, UNITS.length - 1);
    return (bytes >> (10 * unit)) + UNITS[unit];
  }

  /**
   * What somebody may have meant by a number without a unit, which counts bytes.
   *
   * @param giga up to which number gibibytes are the likelier unit; above it mebibytes
   * @return a question such as {@code did you mean 2048MiB?}; empty for what is no small number
   */
  public Optional<String> meant(long giga) {
    if (bytes == 0 || bytes > MOST_MEANT) {
      return Optional.empty();
    }
    String unit = bytes <= giga ? "GiB" : "MiB";
    return Optional.of("did you mean " + bytes + unit + "? A number without a unit counts bytes");
  }

  /** A rounded form for people: {@code 1.5 GiB}. */
  public String human() {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    // Not by a format, which gets ready for all languages of the world: 5 ms for who writes one.
    long whole = (long) value;
    long part = (long) ((value - whole) * (1L << PLACES));
    if (unit == 0 || value >= 100) {
      return whole + (part >> (PLACES - 1)) + " " + UNITS[unit];
    }
    long tenths = whole * 10 + ((part * 10 + (1L << (PLACES - 1))) >> PLACES);
    return tenths / 10 + "." + tenths % 10 + " " + UNITS[unit];
  }
}
