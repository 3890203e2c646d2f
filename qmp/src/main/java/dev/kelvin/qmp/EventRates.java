package dev.kelvin.qmp;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How often QEMU is listened to. Some events are made by the guest as fast as it likes (a CD tray
 * that opens and closes is one): of each name {@value #BURST} at once and {@value #PER_SECOND} a
 * second are heard; the others are known for what they are without being read as JSON. One thread.
 */
final class EventRates {
  static final int BURST = 256;
  static final int PER_SECOND = 10;

  /** Only QEMU's own names matter, and these are fewer; any others share one allowance. */
  private static final int NAMES = 64;

  /** QEMU's names are shorter. */
  private static final int LONGEST = 64;

  /** QEMU writes the name behind the time stamp, which is this long at most. */
  private static final int HEAD = 128;

  private static final byte[] START = ascii("{\"timestamp\"");
  private static final byte[] KEY = ascii("\"event\": \"");

  private final LongSupplier nanos;
  private final Map<String, TokenBucket> buckets = new HashMap<>();
  private final TokenBucket others;

  EventRates(LongSupplier nanos) {
    this.nanos = nanos;
    this.others = bucket();
  }

  private TokenBucket bucket() {
    return new TokenBucket(BURST, PER_SECOND, nanos);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * The name of a line that is plainly an event, as QEMU writes them, of which there were too many;
   * null for any other line.
   */
  @Nullable String tooMany(byte[] line, int length) {
    String name = nameOf(line, length);
    return name == null || of(name).any() ? null : name;
  }

  /** Takes an event in; false when there were too many of its name. */
  boolean take(String name) {
    return of(name).take();
  }

  /**
   * What events of a name are counted as. Those that tell of one and the same thing are one: of
   * them the last counts, whichever it is.
   */
  static String slot(String name) {
    return switch (name) {
      case "STOP", "RESUME" -> "STOP and RESUME";
      default -> name.length() > LONGEST ? "others" : name;
    };
  }

  private TokenBucket of(String told) {
    String name = slot(told);
    TokenBucket known = buckets.get(name);
    if (known != null) {
      return known;
    }
    if (buckets.size() == NAMES) {
      return others;
    }
    TokenBucket fresh = bucket();
    buckets.put(name, fresh);
    return fresh;
  }

  private static @Nullable String nameOf(byte[] line, int length) {
    int end = Math.min(length, HEAD);
    if (!isAt(line, end, 0, START)) {
      return null;
    }
    for (int at = START.length; at < end; at++) {
      if (isAt(line, end, at, KEY)) {
        int begin = at + KEY.length;
        int quote = begin;
        while (quote < end && line[quote] != '"') {
          quote++;
        }
        return quote == end
            ? null
            : new String(line, begin, quote - begin, StandardCharsets.US_ASCII);
      }
    }
    return null;
  }

  private static boolean isAt(byte[] line, int end, int at, byte[] part) {
    if (at + part.length > end) {
      return false;
    }
    for (int i = 0; i < part.length; i++) {
      if (line[at + i] != part[i]) {
        return false;
      }
    }
    return true;
  }
}
