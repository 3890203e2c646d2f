package dev.kelvin.api.http;

import java.io.Closeable;
import java.io.IOException;

/** A way to a daemon. Safe for use by several threads. */
public interface Transport extends Closeable {
  /**
   * Sends a request and reads the head of the answer.
   *
   * @throws java.net.ConnectException when nobody is there
   * @throws java.net.SocketTimeoutException when nothing came for the time that the request allows
   * @throws ProtocolException when the answer is not HTTP
   */
  Answer send(Request request) throws IOException;

  /**
   * Opens a WebSocket.
   *
   * @throws UpgradeRefused when the daemon answers with something else
   */
  MessageSocket upgrade(String target) throws IOException;

  @Override
  default void close() throws IOException {}

  /** The daemon did not open the WebSocket; its answer says why. */
  final class UpgradeRefused extends IOException {
    private static final long serialVersionUID = 1L;
    private final transient int status;
    private final transient byte[] body;

    UpgradeRefused(int status, byte[] body) {
      super("the daemon answers a request for a WebSocket with status " + status);
      this.status = status;
      this.body = body.clone();
    }

    public int status() {
      return status;
    }

    public byte[] body() {
      return body.clone();
    }
  }
}
