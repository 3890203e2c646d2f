package dev.kelvin.cli.text;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.time.Duration;
import java.time.Instant;

/** Amounts and times as people read and write them. */
public final class Units {
  private Units() {}

  /** A span in its largest unit or two: {@code 45s}, {@code 3m10s}, {@code 5h}, {@code 12d}. */
  public static String span(Duration span) {
    long seconds = Math.max(0, span.toSeconds());
    if (seconds < 60) {
      return seconds + "s";
    } else if (seconds < 600) {
      return seconds / 60 + "m" + (seconds % 60 == 0 ? "" : seconds % 60 + "s");
    } else if (seconds < 3600) {
      return seconds / 60 + "m";
    } else if (seconds < 86_400) {
      long minutes = seconds % 3600 / 60;
      return seconds / 3600 + "h" + (seconds >= 36_000 || minutes == 0 ? "" : minutes + "m");
    }
    return seconds / 86_400 + "d";
  }

  /** How long ago something was; empty for the epoch, which stands for never. */
  public static String age(Instant then, Instant now) {
    return then.equals(Instant.EPOCH) ? "" : span(Duration.between(then, now));
  }

  public static String size(double bytes) {
    return new ByteSize(Math.max(0, (long) bytes)).human();
  }

  /**
   * Reads a span: {@code 90}, {@code 90s}, {@code 15m}, {@code 2h}.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when it is none
   */
  public static Duration duration(String text, String option) {
    int end = text.length() - 1;
    char unit = end < 0 ? ' ' : text.charAt(end);
    String digits = Character.isDigit(unit) ? text : text.substring(0, Math.max(0, end));
    try {
      long number = Long.parseLong(digits);
      Duration span =
          switch (unit) {
            case 'm' -> Duration.ofMinutes(number);
            case 'h' -> Duration.ofHours(number);
            case 's', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
                Duration.ofSeconds(number);
            default -> Duration.ZERO;
          };
      if (number > 0 && !span.isZero()) {
        return span;
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw noDuration(text, option).asException(e);
    }
    throw noDuration(text, option).asException();
  }

  private static Problem noDuration(String text, String option) {
    return Problem.of(Code.INVALID_ARGUMENT, "\"" + text + "\" is not a time")
        .at(option)
        .because("a time is a whole number above 0 and s, m or h")
        .remedy("write a time such as 90s, 15m or 2h");
  }

  /**
   * Reads a size.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when it is none
   */
  public static ByteSize size(String text, String option) {
    try {
      return ByteSize.parse(text);
    } catch (IllegalArgumentException e) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The size cannot be read")
          .at(option)
          .because(String.valueOf(e.getMessage()))
          .remedy("write a size such as 512MiB or 10GiB")
          .asException(e);
    }
  }
}
