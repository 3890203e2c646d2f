package dev.kelvin.codec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A JSON text (RFC 8259) that is read from its begin to its end, value by value. Whoever reads says
 * what has to come next; everything else is refused.
 */
final class JsonText {
  /** The deepest nesting that is passed over. */
  private static final int MAX_DEPTH = 200;

  private final byte[] text;
  private int at;

  JsonText(byte[] text) {
    this.text = text;
  }

  /** The first character of the next value or sign, which is not taken. */
  int next() {
    while (at < text.length) {
      byte c = text[at];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return c;
      }
      at++;
    }
    throw wrong("the text ends too early");
  }

  /** Takes a sign if it comes next. */
  boolean take(char sign) {
    if (next() != sign) {
      return false;
    }
    at++;
    return true;
  }

  void want(char sign) {
    if (!take(sign)) {
      throw wrong("a " + sign + " is missing");
    }
  }

  /** Whether an object or a list goes on; takes the comma or the end. */
  boolean goesOn(char end) {
    if (take(',')) {
      return true;
    }
    want(end);
    return false;
  }

  /** Takes these bytes if they come next. */
  boolean take(byte[] word) {
    int c = next();
    int end = at + word.length;
    if (c == word[0] && end <= text.length && Arrays.equals(text, at, end, word, 0, word.length)) {
      at = end;
      return true;
    }
    return false;
  }

  boolean takeNull() {
    if (next() != 'n') {
      return false;
    }
    word("null");
    return true;
  }

  boolean truth() {
    boolean value = next() == 't';
    word(value ? "true" : "false");
    return value;
  }

  private void word(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (at >= text.length || text[at] != word.charAt(i)) {
        throw wrong("it is not " + word);
      }
      at++;
    }
  }

  String string() {
    if (next() != '"') {
      throw wrong("it is no text");
    }
    int begin = ++at;
    while (at < text.length) {
      byte c = text[at];
      if (c == '"') {
        return new String(text, begin, at++ - begin, StandardCharsets.UTF_8);
      } else if (c == '\\') {
        return withEscapes(begin);
      } else if (c >= 0 && c < ' ') {
        throw wrong("a text has a control character");
      }
      at++;
    }
    throw wrong("a text has no end");
  }

  private String withEscapes(int begin) {
    var value = new StringBuilder();
    int from = begin;
    while (at < text.length) {
      byte c = text[at];
      if (c == '"' || c == '\\') {
        value.append(new String(text, from, at - from, StandardCharsets.UTF_8));
        at++;
        if (c == '"') {
          return value.toString();
        }
        value.append(escape());
        from = at;
      } else if (c >= 0 && c < ' ') {
        throw wrong("a text has a control character");
      } else {
        at++;
      }
    }
    throw wrong("a text has no end");
  }

  private char escape() {
    int c = at < text.length ? text[at++] : -1;
    return switch (c) {
      case '"', '\\', '/' -> (char) c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hexadecimal();
      default -> throw wrong("a text has an unknown escape");
    };
  }

  private char hexadecimal() {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = at < text.length ? Character.digit(text[at++], 16) : -1;
      if (digit < 0) {
        throw wrong("a text has an escape that is no character");
      }
      value = value << 4 | digit;
    }
    return (char) value;
  }

  /** A number as it is written. */
  String number() {
    next();
    int begin = at;
    while (at < text.length && "+-.0123456789Ee".indexOf(text[at]) >= 0) {
      at++;
    }
    if (at == begin) {
      throw wrong("it is no number");
    }
    return new String(text, begin, at - begin, StandardCharsets.ISO_8859_1);
  }

  /** Passes over a value, whatever it is. */
  void skip() {
    skip(0);
  }

  private void skip(int depth) {
    if (depth > MAX_DEPTH) {
      throw wrong("it is nested too deeply");
    }
    switch (next()) {
      case '{' -> {
        at++;
        boolean more = !take('}');
        while (more) {
          string();
          want(':');
          skip(depth + 1);
          more = goesOn('}');
        }
      }
      case '[' -> {
        at++;
        boolean more = !take(']');
        while (more) {
          skip(depth + 1);
          more = goesOn(']');
        }
      }
      case '"' -> string();
      case 't', 'f' -> truth();
      case 'n' -> takeNull();
      default -> number();
    }
  }

  UnreadableAnswer wrong(String what) {
    return new UnreadableAnswer(what + " (byte " + at + ")", null);
  }

  UnreadableAnswer wrong(String what, Throwable cause) {
    return new UnreadableAnswer(what + " (byte " + at + ")", cause);
  }
}
