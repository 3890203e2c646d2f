package dev.kelvin.qmp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * An open file that goes to QEMU with a command (SCM_RIGHTS of unix(7)), as {@code add-fd} takes.
 */
@FunctionalInterface
public interface Enclosure {
  /** What came of an attempt to send it. */
  enum Sent {
    /** It is with the peer, and at least one byte of the message too. */
    DONE,
    /** The peer takes nothing now; nothing was sent. */
    NO_ROOM,
    /** Its owner has closed it, since nobody waits for the answer any more; nothing was sent. */
    WITHDRAWN
  }

  /** It was not sent for a reason on this side; the connection is as it was. */
  final class NotSent extends IOException {
    public NotSent(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Sends it with the beginning of {@code bytes}, whose position it moves. It does not wait.
   *
   * @throws NotSent only this message is lost then, and its caller is told
   * @throws IOException when the connection is broken
   */
  Sent send(SocketChannel channel, ByteBuffer bytes) throws IOException;
}
