package dev.kelvin.qmp;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into lines. It works on bytes, so a character that is split between two
 * reads is whole again in its line. A byte 0xFF, which no UTF-8 text has, throws away what was
 * collected: the guest agent's protocol uses it to mark where a fresh answer begins.
 */
final class Lines implements AutoCloseable {
  /** What each connection may collect without asking the budget. */
  static final int OWN = 16 << 10;

  private static final int FIRST_SIZE = 1024;

  /** Where whole lines go. */
  interface Sink {
    /** The longest line that may come now, in bytes. */
    int limit();

    /**
     * A line, without its end.
     *
     * @param line is used again: whoever needs it longer copies it
     */
    void line(byte[] line, int length) throws QmpException.ProtocolViolation, QmpException.Busy;

    /** How many bytes are kept of a text in quotes; the rest of it is passed over. */
    default int longestText() {
      return Integer.MAX_VALUE;
    }

    /** A line is longer than the limit; unless this throws, the rest of it is passed over. */
    default void tooLong(int limit) throws QmpException.ProtocolViolation {
      throw new QmpException.ProtocolViolation(
          "a message exceeds the limit of " + limit + " bytes", null);
    }

    /** There is no room for a line; unless this throws, the rest of it is passed over. */
    default void noRoom(QmpException.Busy why) throws QmpException.Busy {
      throw why;
    }
  }

  private final Budget.Account account;
  private byte[] line = new byte[FIRST_SIZE];
  private int length;
  private boolean skipping;

  /** Bytes of the text in quotes that is being read; -1 outside of one. */
  private int text = -1;

  /** Whether the last byte of the text takes the meaning of a quote from the next. */
  private boolean escaped;

  Lines(Budget.Peer peer) {
    account = peer.account(OWN);
  }

  /** Whether a line has begun, and not ended, that takes what others could have. */
  boolean holds() {
    return account.holds();
  }

  /**
   * Takes what was read and passes on each line that it completes; empty lines are passed over.
   *
   * @throws QmpException.ProtocolViolation when a line exceeds the limit or the peer's part
   */
  void feed(ByteBuffer read, Sink sink) throws QmpException.ProtocolViolation, QmpException.Busy {
    int limit = sink.limit();
    int longestText = sink.longestText();
    while (read.hasRemaining()) {
      byte next = read.get();
      if (next == '\n') {
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        try {
          if (end > 0 && !skipping) {
            sink.line(line, end);
          }
        } finally {
          restart();
        }
      } else if (next == (byte) 0xFF) {
        restart();
      } else if (!skipping && isKept(next, longestText)) {
        add(next, limit, sink);
      }
    }
  }

  /** Follows the texts of a line of JSON; false for what of them is too much. */
  private boolean isKept(byte next, int longest) {
    if (text < 0) {
      text = next == '"' ? 0 : -1;
      return true;
    } else if (escaped) {
      escaped = false;
    } else if (next == '\\') {
      escaped = true;
    } else if (next == '"') {
      text = -1;
      return true;
    }
    if (text >= longest) {
      return false;
    }
    text++;
    return true;
  }

  private void restart() {
    length = 0;
    skipping = false;
    text = -1;
    escaped = false;
    if (line.length > OWN) {
      line = new byte[FIRST_SIZE];
      account.close();
    }
  }

  private void add(byte next, int limit, Sink sink)
      throws QmpException.ProtocolViolation, QmpException.Busy {
    if (length >= limit) {
      sink.tooLong(limit);
      skip();
      return;
    }
    if (length == line.length) {
      try {
        grow(Math.min(limit, line.length * 2));
      } catch (QmpException.Busy e) {
        sink.noRoom(e);
        skip();
        return;
      }
    }
    line[length++] = next;
  }

  private void skip() {
    restart();
    skipping = true;
  }

  private void grow(int size) throws QmpException.ProtocolViolation, QmpException.Busy {
    // Both are there while one is copied to the other.
    account.hold(size <= OWN ? size : (long) size + line.length);
    line = Arrays.copyOf(line, size);
    account.hold(size);
  }

  @Override
  public void close() {
    line = new byte[0];
    length = 0;
    account.close();
  }
}
