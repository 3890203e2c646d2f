package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A pipe (pipe(7)) for what another process writes and this one reads.
 *
 * @param reading ends when nobody has the other end open any more
 * @param writing which is handed over, and then closed
 */
public record Pipe(InputStream reading, Descriptor writing) {
  private static final long CLOSE_ON_EXEC = 0x80000;

  /** Of a pipe that nobody has made larger or smaller. */
  private static final int HOLDS = 64 << 10;

  /**
   * Makes one.
   *
   * @throws IOException when there are no descriptors left
   */
  public static Pipe open() throws IOException {
    var kernel = new Syscalls();
    try (Arena arena = Arena.ofConfined()) {
      long[] ends = pair(kernel, arena);
      long read = ends[0];
      Descriptor write = Descriptor.owning(ends[1]);
      try {
        // The JDK makes streams of names only; this one stands for the pipe.
        return new Pipe(new FileInputStream("/proc/self/fd/" + read), write);
      } catch (IOException e) {
        write.close();
        throw e;
      } finally {
        kernel.close(read);
      }
    }
  }

  /**
   * The reading end of a pipe in which a text is already, and after it the end.
   *
   * @throws IOException when it is longer than a pipe holds, or there are no descriptors left
   */
  public static Descriptor holding(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > HOLDS) {
      throw new IOException("a pipe does not hold " + bytes.length + " bytes");
    }
    var kernel = new Syscalls();
    try (Arena arena = Arena.ofConfined()) {
      long[] ends = pair(kernel, arena);
      Descriptor read = Descriptor.owning(ends[0]);
      try (var write = new FileOutputStream("/proc/self/fd/" + ends[1])) {
        write.write(bytes);
        return read;
      } catch (IOException e) {
        read.close();
        throw e;
      } finally {
        kernel.close(ends[1]);
      }
    }
  }

  private static long[] pair(Syscalls kernel, Arena arena) throws IOException {
    MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
    Syscalls.Answer answer = kernel.call(Syscalls.PIPE2, ends.address(), CLOSE_ON_EXEC);
    if (!answer.ok()) {
      throw new IOException("a pipe: " + answer.error());
    }
    return new long[] {
      ends.getAtIndex(ValueLayout.JAVA_INT, 0), ends.getAtIndex(ValueLayout.JAVA_INT, 1)
    };
  }
}
