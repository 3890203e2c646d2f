package dev.kelvin.codec;

import java.time.Instant;
import java.time.LocalDate;

/**
 * Reads the times that Kelvin writes. {@link Instant#parse} reads them too, but gets ready for all
 * forms of dates that there are: a program that ends after one answer waits for that in vain.
 */
final class Instants {
  /** Of a time without a fraction and the final Z. */
  private static final int SECONDS = "2026-11-30T08:09:10".length();

  private static final int MOST_DIGITS = 9;

  private Instants() {}

  /**
   * Reads a time such as {@code 2026-11-30T08:09:10.5Z}.
   *
   * @throws java.time.DateTimeException when it is none
   */
  static Instant parse(String text) {
    return isPlain(text) ? plain(text) : Instant.parse(text);
  }

  /** Whether it has the usual form, without looking at the numbers' sizes. */
  private static boolean isPlain(String text) {
    int last = text.length() - 1;
    if (last < SECONDS || text.charAt(last) != 'Z' || last > SECONDS + 1 + MOST_DIGITS) {
      return false;
    }
    for (int i = 0; i < last; i++) {
      char c = text.charAt(i);
      boolean right =
          switch (i) {
            case 4, 7 -> c == '-';
            case 10 -> c == 'T';
            case 13, 16 -> c == ':';
            case 19 -> c == '.' && last > SECONDS + 1;
            default -> c >= '0' && c <= '9';
          };
      if (!right) {
        return false;
      }
    }
    // The day's last moment may be written as 24:00, and a leap second as :60: that is rare.
    return number(text, 11, 13) < 24 && number(text, 14, 16) < 60 && number(text, 17, 19) < 60;
  }

  private static Instant plain(String text) {
    LocalDate day = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    int minutes = number(text, 11, 13) * 60 + number(text, 14, 16);
    long second = day.toEpochDay() * 86_400L + minutes * 60L + number(text, 17, 19);
    int nanos = 0;
    for (int i = SECONDS + 1; i <= SECONDS + MOST_DIGITS; i++) {
      nanos = nanos * 10 + (i < text.length() - 1 ? text.charAt(i) - '0' : 0);
    }
    return Instant.ofEpochSecond(second, nanos);
  }

  private static int number(String text, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) {
      value = value * 10 + text.charAt(i) - '0';
    }
    return value;
  }
}
