package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.kernel.Syscalls.Answer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Gives one descriptor to the process at the other end of a Unix socket (SCM_RIGHTS of unix(7) and
 * cmsg(3)), which the JDK has no way to do. It is used by one thread, and may be closed by another:
 * after that nothing is sent.
 */
public final class DescriptorSender implements AutoCloseable {
  private static final int SCM_RIGHTS = 1;

  /** Of struct cmsghdr and one descriptor; the second with what fills it up to the next one. */
  private static final long CONTROL = 20;

  private static final long CONTROL_SPACE = 24;

  private final Syscalls kernel = new Syscalls();
  private final ChannelDescriptors channels = new ChannelDescriptors();
  private final Descriptor descriptor;
  private volatile @Nullable Descriptor socket;

  /** Sends a descriptor, which stays its owner's. */
  public DescriptorSender(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** It was not sent for a reason on this side; the connection is as it was. */
  public static final class NotSentException extends IOException {
    NotSentException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Sends the beginning of {@code bytes}, whose position it moves, and the descriptor with it. It
   * does not wait.
   *
   * @param channel the same at each attempt
   * @return false when the peer has no room now: nothing was sent
   * @throws NotSentException when the descriptor or this is closed, or the daemon has no
   *     descriptors left
   * @throws IOException when the connection is broken
   */
  public boolean send(SocketChannel channel, ByteBuffer bytes) throws IOException {
    Answer answer = attempt(channel, bytes);
    return switch (answer.errno()) {
      case Syscalls.EAGAIN, Syscalls.EINTR -> false;
      case Syscalls.EPIPE, Syscalls.ECONNRESET, Syscalls.ENOTCONN ->
          throw new IOException("sending a descriptor: " + answer.error());
      default -> {
        if (!answer.ok()) {
          throw new NotSentException("sending a descriptor: " + answer.error(), null);
        }
        bytes.position(bytes.position() + (int) answer.value());
        yield true;
      }
    };
  }

  private Answer attempt(SocketChannel channel, ByteBuffer bytes) throws NotSentException {
    try {
      Descriptor through = socket;
      if (through == null) {
        // Of its own, so that it is this connection still when another thread closes the channel.
        through = channels.duplicate(channel);
        socket = through;
      }
      Descriptor connection = through;
      return descriptor.use(given -> connection.use(to -> send(to, bytes.duplicate(), given)));
    } catch (IOException | RuntimeException e) {
      throw new NotSentException(String.valueOf(e.getMessage()), e);
    }
  }

  private Answer send(long socket, ByteBuffer bytes, long given) {
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
      control.set(ValueLayout.JAVA_INT, 16, (int) given);
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

  @Override
  public void close() {
    Descriptor through = socket;
    if (through != null) {
      through.close();
    }
  }
}
