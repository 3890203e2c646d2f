package dev.kelvin.machine.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The last output of a serial port, in two files that take turns, so that it never takes more than
 * its limit and always has at least the last half of that. Used by one thread at a time.
 */
public final class SerialLog implements AutoCloseable {
  private static final int COPY_BYTES = 64 << 10;

  private final Path current;
  private final Path previous;
  private final long half;
  private FileChannel out;

  SerialLog(Path current, long limit) throws IOException {
    this.current = current;
    this.previous = previousOf(current);
    this.half = Math.max(4096, limit / 2);
    this.out = open();
  }

  private static Path previousOf(Path current) {
    return current.resolveSibling(current.getFileName() + ".1");
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        current,
        StandardOpenOption.CREATE,
        StandardOpenOption.WRITE,
        StandardOpenOption.APPEND,
        LinkOption.NOFOLLOW_LINKS);
  }

  void append(byte[] bytes) throws IOException {
    int from = 0;
    while (from < bytes.length) {
      long room = half - out.size();
      if (room <= 0) {
        out.close();
        Files.move(current, previous, StandardCopyOption.REPLACE_EXISTING);
        out = open();
        room = half;
      }
      int count = (int) Math.min(room, bytes.length - from);
      var slice = ByteBuffer.wrap(bytes, from, count);
      while (slice.hasRemaining()) {
        out.write(slice);
      }
      from += count;
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** The last {@code limit} bytes of the log at {@code current}; empty when there is none. */
  public static byte[] tail(Path current, int limit) throws IOException {
    var bytes = new ByteArrayOutputStream();
    copyTail(current, limit, bytes);
    return bytes.toByteArray();
  }

  /** Writes the same, however much it is. */
  public static void copyTail(Path current, long limit, OutputStream out) throws IOException {
    try (var recent = openIfThere(current);
        var older = openIfThere(previousOf(current))) {
      copyTail(older, recent, limit, out);
    }
  }

  /** Writes the last {@code limit} bytes of two files together. */
  public static void copyTail(
      @Nullable FileChannel older, @Nullable FileChannel recent, long limit, OutputStream out)
      throws IOException {
    long ofRecent = recent == null ? 0 : Math.min(limit, recent.size());
    if (older != null && limit > ofRecent) {
      copyEnd(older, Math.min(limit - ofRecent, older.size()), out);
    }
    if (recent != null) {
      copyEnd(recent, ofRecent, out);
    }
  }

  private static @Nullable FileChannel openIfThere(Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return null; // so little was written, or nothing
    }
  }

  private static void copyEnd(FileChannel in, long count, OutputStream out) throws IOException {
    in.position(in.size() - count);
    var buffer = ByteBuffer.allocate(COPY_BYTES);
    long left = count;
    while (left > 0) {
      buffer.clear().limit((int) Math.min(left, COPY_BYTES));
      int read = in.read(buffer);
      if (read < 0) {
        return;
      }
      out.write(buffer.array(), 0, read);
      left -= read;
    }
  }
}
