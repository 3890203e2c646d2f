package dev.kelvin.cli.text;

import java.util.regex.Pattern;

/** Words in which a guest's may be, without what a terminal would act on or hide. */
public final class Inert {
  private static final String HIDDEN = "\\p{Cc}\\p{Cf}\\u2028\\u2029";
  private static final Pattern IN_LINE = Pattern.compile("[" + HIDDEN + "]");
  private static final Pattern IN_TEXT = Pattern.compile("[" + HIDDEN + "&&[^\\n\\t]]");

  private Inert() {}

  /** A text of several lines. */
  public static String text(String words) {
    return IN_TEXT.matcher(words).replaceAll("?");
  }

  /** A text that is to be one line, such as a name. */
  public static String line(String words) {
    return IN_LINE.matcher(words).replaceAll("?");
  }
}
