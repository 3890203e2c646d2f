package dev.kelvin.qmp;

import java.util.stream.Collectors;

/** Texts of peers that are not trusted, made fit to be kept and shown. */
public final class Texts {
  private static final int USUAL = 256;

  private Texts() {}

  /** A text of a guest or its QEMU: without control characters, at most {@value #USUAL} long. */
  public static String shown(String text) {
    return shown(text, USUAL);
  }

  /** As {@link #shown(String)}, at most {@code limit} long. */
  public static String shown(String text, int limit) {
    return text.codePoints()
        .filter(c -> !Character.isISOControl(c) && Character.getType(c) != Character.FORMAT)
        .limit(limit)
        .mapToObj(Character::toString)
        .collect(Collectors.joining());
  }
}
