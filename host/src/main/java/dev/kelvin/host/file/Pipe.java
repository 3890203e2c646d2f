package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A pipe (pipe(7)) for what another process writes and this one reads.
 *
 * @param reading ends when nobody has the other end open any more
 * @param writing which is handed over, and then closed
 */
public record Pipe(InputStream reading, Descriptor writing) {
  private static final long CLOSE_ON_EXEC = 0x80000;

  /**
   * Makes one.
   *
   * @throws IOException when there are no descriptors left
   */
  public static Pipe open() throws IOException {
    var kernel = new Syscalls();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
      Syscalls.Answer answer = kernel.call(Syscalls.PIPE2, ends.address(), CLOSE_ON_EXEC);
      if (!answer.ok()) {
        throw new IOException("a pipe: " + answer.error());
      }
      int read = ends.getAtIndex(ValueLayout.JAVA_INT, 0);
      Descriptor write = Descriptor.owning(ends.getAtIndex(ValueLayout.JAVA_INT, 1));
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
}
