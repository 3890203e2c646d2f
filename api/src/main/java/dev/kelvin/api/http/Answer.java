package dev.kelvin.api.http;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * An answer whose body is still to be read. Closing it ends the exchange, read or not.
 *
 * @param headers by name in lower case; of several with one name, the last
 */
public record Answer(int status, Map<String, String> headers, InputStream body)
    implements Closeable {

  /** The largest answer that is read into memory, in bytes. */
  static final int MAX_WHOLE = 64 << 20;

  public boolean ok() {
    return status >= 200 && status < 300;
  }

  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /**
   * The whole body.
   *
   * @throws ProtocolException when it exceeds {@value #MAX_WHOLE} bytes
   */
  public byte[] bytes() throws IOException {
    var all = new ByteArrayOutputStream();
    byte[] part = new byte[1 << 14];
    for (int n = body.read(part); n >= 0; n = body.read(part)) {
      all.write(part, 0, n);
      if (all.size() > MAX_WHOLE) {
        throw new ProtocolException("the answer has more than " + MAX_WHOLE + " bytes");
      }
    }
    return all.toByteArray();
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
