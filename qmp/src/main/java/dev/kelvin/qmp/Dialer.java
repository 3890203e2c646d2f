package dev.kelvin.qmp;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Connects to a Unix socket, and makes sure before a word is said that its peer is the right one.
 */
@FunctionalInterface
public interface Dialer {
  /**
   * A connection. It may wait for a peer that hangs: it is called on a platform thread.
   *
   * @throws IOException when nobody listens there, or somebody else does
   */
  SocketChannel dial(Path socket) throws IOException;

  /** Takes whoever listens there. */
  static Dialer plain() {
    return socket -> {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(socket));
        return channel;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    };
  }
}
