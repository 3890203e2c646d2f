package dev.kelvin.host;

import dev.kelvin.host.Syscalls.Answer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Gives descriptors to the process at the other end of a Unix socket (SCM_RIGHTS of unix(7) and
 * cmsg(3)), which the JDK has no way to do.
 */
public final class DescriptorSender {
  private static final int SCM_RIGHTS = 1;

  /** Of struct cmsghdr and one descriptor; the second with what fills it up to the next one. */
  private static final long CONTROL = 20;

  private static final long CONTROL_SPACE = 24;

  private final Syscalls kernel = new Syscalls();
  private final ChannelDescriptors channels = new ChannelDescriptors();

  /**
   * Sends the beginning of {@code bytes}, whose position it moves, and with it a descriptor.
   *
   * @return false when the peer has no room now: nothing was sent
   * @throws Descriptor.ClosedException when the descriptor was closed meanwhile
   * @throws IOException when the connection is broken
   */
  public boolean send(SocketChannel channel, ByteBuffer bytes, Descriptor descriptor)
      throws IOException {
    // Of its own, so that it is this connection still when another thread closes the channel.
    try (Descriptor socket = channels.duplicate(channel)) {
      Answer answer =
          descriptor.use(given -> socket.use(through -> send(through, bytes.duplicate(), given)));
      if (answer.errno() == Syscalls.EAGAIN || answer.errno() == Syscalls.EINTR) {
        return false;
      }
      if (!answer.ok()) {
        throw new IOException("sending a descriptor: " + answer.error());
      }
      bytes.position(bytes.position() + (int) answer.value());
      return true;
    }
  }

  private Answer send(long socket, ByteBuffer bytes, long descriptor) {
    byte[] content = new byte[bytes.remaining()];
    bytes.get(content);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment part = arena.allocate(ValueLayout.JAVA_LONG, 2); // struct iovec
      part.setAtIndex(
          ValueLayout.JAVA_LONG, 0, arena.allocateFrom(ValueLayout.JAVA_BYTE, content).address());
      part.setAtIndex(ValueLayout.JAVA_LONG, 1, content.length);
      MemorySegment control = arena.allocate(CONTROL_SPACE, Long.BYTES); // struct cmsghdr
      control.set(ValueLayout.JAVA_LONG, 0, CONTROL);
      control.set(ValueLayout.JAVA_INT, 8, Syscalls.SOL_SOCKET);
      control.set(ValueLayout.JAVA_INT, 12, SCM_RIGHTS);
      control.set(ValueLayout.JAVA_INT, 16, (int) descriptor);
      MemorySegment message = arena.allocate(ValueLayout.JAVA_LONG, 7); // struct msghdr
      message.setAtIndex(ValueLayout.JAVA_LONG, 2, part.address());
      message.setAtIndex(ValueLayout.JAVA_LONG, 3, 1);
      message.setAtIndex(ValueLayout.JAVA_LONG, 4, control.address());
      message.setAtIndex(ValueLayout.JAVA_LONG, 5, CONTROL_SPACE);
      return kernel.call(
          Syscalls.SENDMSG,
          socket,
          message.address(),
          Syscalls.MSG_NOSIGNAL | Syscalls.MSG_DONTWAIT);
    }
  }
}
