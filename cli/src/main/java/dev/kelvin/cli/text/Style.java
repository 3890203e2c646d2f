package dev.kelvin.cli.text;

import java.util.Map;

/** Colours of a terminal, or none. */
public record Style(boolean coloured) {
  /** Colours for a terminal, unless NO_COLOR or TERM=dumb says otherwise (no-color.org). */
  public static Style of(boolean terminal, Map<String, String> environment) {
    boolean wanted =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "").equals("dumb");
    return new Style(terminal && wanted);
  }

  public static Style plain() {
    return new Style(false);
  }

  private String paint(String code, String text) {
    return coloured && !text.isEmpty() ? "\033[" + code + "m" + text + "\033[0m" : text;
  }

  public String bold(String text) {
    return paint("1", text);
  }

  public String dim(String text) {
    return paint("2", text);
  }

  public String red(String text) {
    return paint("31", text);
  }

  public String green(String text) {
    return paint("32", text);
  }

  public String yellow(String text) {
    return paint("33", text);
  }

  public String cyan(String text) {
    return paint("36", text);
  }
}
