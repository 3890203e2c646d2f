package dev.kelvin.host.kernel;

import dev.kelvin.host.kernel.Syscalls.Answer;
import java.io.IOException;
import java.util.Optional;

/**
 * A descriptor of one process (pidfd_open(2)): it stays with the process when the kernel gives the
 * pid to another one, and tells when the last thread has ended.
 */
public final class Pidfd implements AutoCloseable {
  private static final long NONE = -1;

  private final long pid;
  private final long descriptor;

  private Pidfd(long pid, long descriptor) {
    this.pid = pid;
    this.descriptor = descriptor;
  }

  /** Foreign calls, made when first needed. */
  private static final class Kernel {
    static final Syscalls CALLS = new Syscalls();

    private Kernel() {}
  }

  /** Whether the kernel knows a process of this pid, be it only its remains (kill(2), signal 0). */
  public static boolean exists(long pid) {
    Answer answer = Kernel.CALLS.call(Syscalls.KILL, pid, 0);
    return answer.ok() || answer.errno() != Syscalls.ESRCH;
  }

  /**
   * Opens the process that has a pid now, whichever that is. Where the kernel has no such
   * descriptors (before Linux 5.3) or a container forbids them, the pid has to do.
   *
   * @return empty when there is none
   * @throws IOException when the kernel does not say, as without free descriptors
   */
  public static Optional<Pidfd> open(long pid) throws IOException {
    Answer answer = Kernel.CALLS.call(Syscalls.PIDFD_OPEN, pid, 0);
    if (answer.ok()) {
      return Optional.of(new Pidfd(pid, answer.value()));
    }
    return switch (answer.errno()) {
      case Syscalls.ESRCH -> Optional.empty();
      case Syscalls.ENOSYS, Syscalls.EPERM -> Optional.of(new Pidfd(pid, NONE));
      default -> throw new IOException("pidfd_open: " + answer.error());
    };
  }

  /** Sends all its threads a signal; nothing when it has ended. */
  public void signal(int number) throws IOException {
    Answer answer =
        descriptor == NONE
            ? Kernel.CALLS.call(Syscalls.KILL, pid, number)
            : Kernel.CALLS.call(Syscalls.PIDFD_SEND_SIGNAL, descriptor, number, 0, 0);
    if (!answer.ok() && answer.errno() != Syscalls.ESRCH) {
      throw new IOException("signal " + number + ": " + answer.error());
    }
  }

  /** Whether its last thread is known to have ended. */
  public boolean ended() {
    return descriptor == NONE ? !exists(pid) : Kernel.CALLS.readable(descriptor);
  }

  @Override
  public void close() {
    if (descriptor != NONE) {
      Kernel.CALLS.close(descriptor);
    }
  }
}
