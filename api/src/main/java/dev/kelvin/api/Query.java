package dev.kelvin.api;

import java.nio.charset.StandardCharsets;

/** Builds the query of a URL, and encodes parts of its path (RFC 3986). */
final class Query {
  private final StringBuilder text = new StringBuilder();

  Query with(String name, Object value) {
    text.append(text.isEmpty() ? '?' : '&')
        .append(name)
        .append('=')
        .append(encode(value.toString()));
    return this;
  }

  /** Adds {@code name=true} when it is so. */
  Query flag(String name, boolean value) {
    return value ? with(name, "true") : this;
  }

  static String encode(String value) {
    var encoded = new StringBuilder(value.length() + 8);
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      int c = b & 0xff;
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-._~/".indexOf(c) >= 0;
      if (plain) {
        encoded.append((char) c);
      } else {
        encoded.append('%').append(digit(c >> 4)).append(digit(c & 15));
      }
    }
    return encoded.toString();
  }

  /** Encodes one segment of a path: in it, a slash is none of the path's. */
  static String segment(String value) {
    String encoded = encode(value).replace("/", "%2F");
    // A segment of dots would be taken for a step in the tree.
    return encoded.isEmpty() || encoded.chars().allMatch(c -> c == '.')
        ? encoded.replace(".", "%2E")
        : encoded;
  }

  private static char digit(int value) {
    return "0123456789ABCDEF".charAt(value);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
