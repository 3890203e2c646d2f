package dev.kelvin.model;

import java.io.IOException;
import java.io.InputStream;

/** A stream that gives its bytes by the piece; a single one is a piece of that length. */
public abstract class PieceInput extends InputStream {
  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public abstract int read(byte[] target, int offset, int length) throws IOException;
}
