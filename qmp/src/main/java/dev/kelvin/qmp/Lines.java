package dev.kelvin.qmp;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into lines. It works on bytes, so a character that is split between two
 * reads is whole again in its line. A byte 0xFF, which no UTF-8 text has, throws away what was
 * collected: the guest agent's protocol uses it to mark where a fresh answer begins.
 */
final class Lines {
  private static final int FIRST_SIZE = 4096;

  /** Where whole lines go. */
  interface Sink {
    void line(byte[] line) throws QmpException.ProtocolViolation;
  }

  private final int limit;
  private byte[] line = new byte[FIRST_SIZE];
  private int length;

  /**
   * @param limit the longest line, in bytes
   */
  Lines(int limit) {
    this.limit = limit;
  }

  /**
   * Takes what was read and passes on each line that it completes, without its end; empty lines are
   * passed over.
   *
   * @throws QmpException.ProtocolViolation when a line exceeds the limit
   */
  void feed(ByteBuffer read, Sink sink) throws QmpException.ProtocolViolation {
    while (read.hasRemaining()) {
      byte next = read.get();
      if (next == '\n') {
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        byte[] whole = Arrays.copyOf(line, end);
        restart();
        if (whole.length > 0) {
          sink.line(whole);
        }
      } else if (next == (byte) 0xFF) {
        restart();
      } else {
        add(next);
      }
    }
  }

  private void restart() {
    length = 0;
    if (line.length > 64 * FIRST_SIZE) {
      line = new byte[FIRST_SIZE];
    }
  }

  private void add(byte next) throws QmpException.ProtocolViolation {
    if (length == limit) {
      throw new QmpException.ProtocolViolation(
          "a message exceeds the limit of " + limit + " bytes", null);
    }
    if (length == line.length) {
      line = Arrays.copyOf(line, Math.min(limit, line.length * 2));
    }
    line[length++] = next;
  }
}
