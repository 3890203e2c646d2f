package dev.kelvin.qmp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * An open file that goes to QEMU with a command (SCM_RIGHTS of unix(7)), as {@code add-fd} takes.
 */
@FunctionalInterface
public interface Enclosure {
  /**
   * It was not sent for a reason on this side, such as that its owner has closed it; the connection
   * is as it was.
   */
  final class NotSent extends IOException {
    public NotSent(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Sends it with the beginning of {@code bytes}, whose position it moves. It does not wait.
   *
   * @return false when the peer takes nothing now: nothing was sent
   * @throws NotSent only this message is lost then, and its caller is told
   * @throws IOException when the connection is broken
   */
  boolean send(SocketChannel channel, ByteBuffer bytes) throws IOException;
}
