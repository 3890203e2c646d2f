package dev.kelvin.model;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongFunction;

/**
 * As many bytes of a stream as were announced: what follows them stays in it, and fewer are a
 * fault. Closing it leaves the stream open.
 */
public class ExactInput extends PieceInput {
  private final InputStream in;
  private final LongFunction<? extends IOException> cutOff;
  private long left;

  /**
   * The next bytes of a stream.
   *
   * @param cutOff what to throw when the stream ends before, from how many bytes are missing
   */
  public ExactInput(InputStream in, long length, LongFunction<? extends IOException> cutOff) {
    this.in = in;
    this.left = length;
    this.cutOff = cutOff;
  }

  /** How many bytes are still to come. */
  public final long left() {
    return left;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (left == 0) {
      return -1;
    }
    int n = in.read(target, offset, (int) Math.min(length, left));
    if (n < 0) {
      throw cutOff.apply(left);
    }
    left -= n;
    return n;
  }
}
