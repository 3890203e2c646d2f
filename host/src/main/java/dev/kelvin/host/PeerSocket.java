package dev.kelvin.host;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * Connections to Unix sockets whose names somebody else may change. What the name leads to is held
 * before it is connected to: a socket of the user that it should be of, and no link. Then the
 * kernel tells which process listens there (SO_PEERCRED, unix(7)).
 */
public final class PeerSocket {
  private static final long SO_SNDBUF = 7;
  private static final long SO_PEERCRED = 17;
  private static final int MARKS = 1 << 14;
  private static final int LEAST_MARK = 32_768;

  private final Syscalls kernel = new Syscalls();
  private final SecureRandom random = new SecureRandom();

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
            .socketOption(descriptor(channel), SO_PEERCRED, 3)
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

  /**
   * The descriptor of a channel, which the JDK does not tell: that whose buffer has the sizes that
   * are given to it here by chance, one after the other.
   */
  private long descriptor(SocketChannel channel) throws IOException {
    int before = channel.getOption(StandardSocketOptions.SO_SNDBUF);
    try {
      // The lowest that is free; the channel's was so a moment ago.
      long next;
      try (Pinned any = Pinned.open(Path.of("/"))) {
        next = any.descriptor();
      }
      int mark = mark(channel);
      for (long lower = next - 1; lower >= 0; lower--) {
        if (has(lower, mark)) {
          mark = mark(channel);
          if (has(lower, mark)) {
            return lower;
          }
        }
      }
      try (var entries = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
        for (Path entry : entries) {
          long one = Long.parseLong(entry.getFileName().toString());
          if (has(one, mark)) {
            mark = mark(channel);
            if (has(one, mark)) {
              return one;
            }
          }
        }
      }
    } finally {
      channel.setOption(StandardSocketOptions.SO_SNDBUF, before);
    }
    throw new IOException("a connection has no descriptor");
  }

  /** Gives the channel's buffer a size by chance, and tells what the kernel made of it. */
  private int mark(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.SO_SNDBUF, LEAST_MARK + random.nextInt(MARKS));
    return channel.getOption(StandardSocketOptions.SO_SNDBUF);
  }

  /** The kernel tells twice what it was asked for (socket(7)), the JDK half of that. */
  private boolean has(long descriptor, int mark) {
    return kernel
        .socketOption(descriptor, SO_SNDBUF, 1)
        .filter(now -> now[0] / 2 == mark)
        .isPresent();
  }
}
