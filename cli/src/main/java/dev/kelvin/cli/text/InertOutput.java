package dev.kelvin.cli.text;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Passes on what a guest has written so that it does nothing to the terminal that shows it: text,
 * line ends and tabs stay; sequences that move, colour, ask, name or paste (ECMA-48) go, also where
 * they are cut between two writes, and so do marks that turn the direction of text.
 */
public final class InertOutput extends OutputStream {
  /** A sequence that does not end by then hides no more. */
  private static final int LONGEST_SEQUENCE = 4096;

  private static final char ESCAPE = '\033';

  private enum State {
    TEXT,
    /** After ESC. */
    ESCAPED,
    /** After ESC and what must be followed by one more. */
    SELECTING,
    /** After the introducer of a control sequence, until its final character. */
    CONTROL,
    /** In a string for the terminal, such as its title or its clipboard. */
    STRING,
    /** After ESC in such a string, which a backslash ends. */
    STRING_ESCAPED
  }

  private final OutputStream out;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final ByteBuffer undecoded = ByteBuffer.allocate(8192);
  private final CharBuffer decoded = CharBuffer.allocate(8192);
  private State state = State.TEXT;
  private int length;

  public InertOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    int at = offset;
    int left = count;
    while (left > 0) {
      int part = Math.min(left, undecoded.remaining());
      undecoded.put(bytes, at, part);
      at += part;
      left -= part;
      undecoded.flip();
      CoderResult result = decoder.decode(undecoded, decoded, false);
      undecoded.compact();
      if (result.isError()) {
        throw new IOException("every byte is replaced that is no text");
      }
      pass();
    }
  }

  private void pass() throws IOException {
    decoded.flip();
    var text = new StringBuilder(decoded.remaining());
    while (decoded.hasRemaining()) {
      char c = decoded.get();
      if (shows(c)) {
        text.append(c);
      }
    }
    decoded.clear();
    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private boolean shows(char c) {
    if (state != State.TEXT && ++length > LONGEST_SEQUENCE) {
      state = State.TEXT;
    }
    return switch (state) {
      case TEXT -> {
        begin(c);
        yield state == State.TEXT && isText(c);
      }
      case ESCAPED -> {
        state = afterEscape(c);
        yield false;
      }
      case SELECTING -> {
        state = State.TEXT;
        yield false;
      }
      case CONTROL -> {
        if (c >= '@' && c <= '~') {
          state = State.TEXT;
        } else if (c == ESCAPE) {
          state = State.ESCAPED;
        }
        yield false;
      }
      case STRING -> {
        state =
            switch (c) {
              case '\007', '\u009c' -> State.TEXT;
              case ESCAPE -> State.STRING_ESCAPED;
              default -> State.STRING;
            };
        yield false;
      }
      case STRING_ESCAPED -> {
        state = c == '\\' ? State.TEXT : afterEscape(c);
        yield false;
      }
    };
  }

  private void begin(char c) {
    length = 0;
    state =
        switch (c) {
          case ESCAPE -> State.ESCAPED;
          case '\u009b' -> State.CONTROL;
          case '\u0090', '\u0098', '\u009d', '\u009e', '\u009f' -> State.STRING;
          default -> State.TEXT;
        };
  }

  private static State afterEscape(char c) {
    return switch (c) {
      case '[' -> State.CONTROL;
      case ']', 'P', 'X', '^', '_' -> State.STRING;
      case '(', ')', '*', '+', '-', '.', '/', '#', '%', ' ' -> State.SELECTING;
      case ESCAPE -> State.ESCAPED;
      default -> State.TEXT;
    };
  }

  private static boolean isText(char c) {
    return c == '\n'
        || c == '\t'
        || (!Character.isISOControl(c) && Character.getType(c) != Character.FORMAT);
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }
}
