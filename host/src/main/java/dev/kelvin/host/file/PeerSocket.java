package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Connections to Unix sockets whose names somebody else may change. What the name leads to is held
 * before it is connected to: a socket of the user that it should be of, and no link. Then the
 * kernel tells which process listens there (SO_PEERCRED, unix(7)).
 */
public final class PeerSocket {
  private static final long SO_PEERCRED = 17;

  private final Syscalls kernel = new Syscalls();
  private final ChannelDescriptors channels = new ChannelDescriptors();

  /** A socket is not that of the process which it should be of. */
  public static final class WrongPeer extends IOException {
    WrongPeer(String message) {
      super(message);
    }
  }

  /**
   * Connects.
   *
   * @param uid whom the socket must belong to, and the process behind it must run as; the daemon's
   *     own user when it is negative
   * @param peer the process that must be behind it
   * @throws WrongPeer when it is not so
   */
  public SocketChannel connect(Path socket, int uid, ProcessId peer) throws IOException {
    int user = uid < 0 ? Users.effectiveUid() : uid;
    try (Pinned pinned = Pinned.open(socket)) {
      if (pinned.kind() != Pinned.Kind.SOCKET) {
        throw new WrongPeer(socket + " is not a socket");
      }
      if (pinned.owner() != user) {
        throw new WrongPeer(socket + " belongs to user " + pinned.owner() + " and not to " + user);
      }
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(pinned.path()));
        check(socket, channel, user, peer);
        return channel;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }
  }

  private void check(Path socket, SocketChannel channel, int user, ProcessId peer)
      throws IOException {
    int[] credentials =
        kernel
            .socketOption(channels.of(channel), SO_PEERCRED, 3)
            .orElseThrow(() -> new WrongPeer("the kernel does not tell who is behind " + socket));
    if (credentials[0] != peer.pid() || !peer.alive()) {
      throw new WrongPeer(
          "process %d is behind %s, and not process %d of the VM"
              .formatted(credentials[0], socket, peer.pid()));
    }
    if (credentials[1] != user) {
      throw new WrongPeer(
          "user %d is behind %s, and not user %d".formatted(credentials[1], socket, user));
    }
  }
}
