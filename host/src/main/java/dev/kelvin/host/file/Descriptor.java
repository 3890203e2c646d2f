package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An open file of the kernel's that can be given to another process: by its launch, or over a
 * connection ({@link DescriptorSender}). No other process has it before. While it is in use it is
 * not closed: its number may be another file's right after.
 */
public final class Descriptor implements AutoCloseable {
  private static final long F_DUPFD_CLOEXEC = 1030;

  /** Made at the first use: calls of the kernel take a while to begin. */
  private static final class Kernel {
    private static final Syscalls CALLS = new Syscalls();

    private Kernel() {}
  }

  /** Something that is done with the number of a descriptor. */
  @FunctionalInterface
  interface Use<T> {
    T with(long number) throws IOException;
  }

  private final long number;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private boolean closed;

  private Descriptor(long number) {
    this.number = number;
  }

  private static Descriptor of(Syscalls.Answer answer, String what) throws IOException {
    if (!answer.ok()) {
      throw new IOException(what + ": " + answer.error());
    }
    return new Descriptor(answer.value());
  }

  /** A file that exists, for reading. */
  public static Descriptor toRead(Path file) throws IOException {
    return of(Kernel.CALLS.openToRead(file.toString()), file.toString());
  }

  /** A file to which is appended what is written; made when absent. */
  public static Descriptor toAppend(Path file) throws IOException {
    return of(Kernel.CALLS.openToAppend(file.toString()), file.toString());
  }

  /**
   * A socket that listens at a path where nothing is yet (unix(7)); the umask decides who may
   * connect. Connections wait until the process that is given it accepts them.
   */
  public static Descriptor listening(Path socket) throws IOException {
    return of(Kernel.CALLS.listen(socket.toString()), socket.toString());
  }

  /** A file that exists, for reading and writing. */
  public static Descriptor toReadAndWrite(Path file) throws IOException {
    return of(Kernel.CALLS.open(file.toString()), file.toString());
  }

  /** A file that is emptied, for writing; made when absent. */
  public static Descriptor toReplace(Path file) throws IOException {
    return of(Kernel.CALLS.openToReplace(file.toString()), file.toString());
  }

  /** Takes over what has a number now: nobody else closes it. */
  static Descriptor owning(long number) {
    return new Descriptor(number);
  }

  /** The file that has a number now. */
  static Descriptor copyOf(long number) throws IOException {
    return of(Kernel.CALLS.call(Syscalls.FCNTL, number, F_DUPFD_CLOEXEC), "a descriptor");
  }

  /**
   * Another number for it, which the caller closes.
   *
   * @param least of the number
   */
  public long duplicate(long least) throws IOException {
    return use(one -> {
      Syscalls.Answer answer = Kernel.CALLS.call(Syscalls.FCNTL, one, F_DUPFD_CLOEXEC, least);
      if (!answer.ok()) {
        throw new IOException("a descriptor to hand over: " + answer.error());
      }
      return answer.value();
    });
  }

  /**
   * Does something with it that does not wait.
   *
   * @throws IOException when it is closed
   */
  <T> T use(Use<T> use) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the descriptor is closed");
      }
      return use.with(number);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        Kernel.CALLS.close(number);
      }
    } finally {
      lock.unlock();
    }
  }
}
