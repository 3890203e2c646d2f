package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/** Tells which descriptors channels of the JDK have. */
final class ChannelDescriptors {
  private static final long SO_SNDBUF = 7;
  private static final int MARKS = 1 << 14;
  private static final int LEAST_MARK = 32_768;

  private final Syscalls kernel = new Syscalls();
  private final SecureRandom random = new SecureRandom();

  /**
   * Another descriptor of a channel's connection, which stays when the channel is closed.
   *
   * @throws IOException when it is closed already
   */
  Descriptor duplicate(SocketChannel channel) throws IOException {
    int before = channel.getOption(StandardSocketOptions.SO_SNDBUF);
    Descriptor found = Descriptor.copyOf(of(channel));
    try {
      // By now its number may be that of another one.
      if (!found.use(number -> has(number, mark(channel)))) {
        throw new IOException("a connection was closed, and its descriptor is another's");
      }
      channel.setOption(StandardSocketOptions.SO_SNDBUF, before);
      return found;
    } catch (IOException | RuntimeException e) {
      found.close();
      throw e;
    }
  }

  /**
   * The descriptor of a channel, which the JDK does not tell: that whose buffer has the sizes that
   * are given to it here by chance, one after the other.
   */
  long of(SocketChannel channel) throws IOException {
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
