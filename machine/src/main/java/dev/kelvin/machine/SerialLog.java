package dev.kelvin.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The last output of a serial port, in two files that take turns, so that it never takes more than
 * its limit and always has at least the last half of that. Used by one thread at a time.
 */
final class SerialLog implements AutoCloseable {
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
        current, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
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
  static byte[] tail(Path current, long limit) throws IOException {
    byte[] recent = read(current, limit);
    if (recent.length >= limit) {
      return recent;
    }
    byte[] older = read(previousOf(current), limit - recent.length);
    byte[] all = new byte[older.length + recent.length];
    System.arraycopy(older, 0, all, 0, older.length);
    System.arraycopy(recent, 0, all, older.length, recent.length);
    return all;
  }

  private static byte[] read(Path file, long limit) throws IOException {
    if (limit <= 0 || !Files.exists(file)) {
      return new byte[0];
    }
    try (var in = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = in.size();
      int count = Math.toIntExact(Math.min(limit, size));
      var buffer = ByteBuffer.allocate(count);
      in.position(size - count);
      int read = 0;
      while (buffer.hasRemaining() && read >= 0) {
        read = in.read(buffer);
      }
      byte[] bytes = new byte[buffer.position()];
      buffer.flip().get(bytes);
      return bytes;
    }
  }
}
