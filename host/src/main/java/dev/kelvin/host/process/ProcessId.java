package dev.kelvin.host.process;

import dev.kelvin.host.kernel.Pidfd;
import dev.kelvin.host.process.ProcStat.Look;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * One process and no other. The kernel gives a pid again after its process has ended; with the time
 * of its start and the start of the host it is unmistakable.
 *
 * @param pid the kernel's number for it
 * @param startTicks when it began, in 1/100 s after the host's start: field 22 of {@code
 *     /proc/PID/stat} (proc_pid_stat(5)); negative for a process that ended before it was seen
 * @param boot which start of the host that was, {@code /proc/sys/kernel/random/boot_id}
 */
public record ProcessId(long pid, long startTicks, String boot) {
  /** It cannot change while a process lives. */
  private static final String BOOT = currentBoot();

  /** The number of the signal that no process can catch (signal(7)). */
  public static final int SIGKILL = 9;

  static final int SIGTERM = 15;

  /**
   * How soon it is looked at again: twice as long each time, for many may be waited for at once.
   */
  private static final Duration FIRST_LOOK = Duration.ofMillis(2);

  private static final Duration LONGEST_LOOK = Duration.ofMillis(50);

  private static final Pattern FORM =
      Pattern.compile("(\\d{1,10}):(-?\\d{1,18}):([0-9a-f-]{1,64})");

  /** What is known of a process. Only {@code GONE} means that it has ended. */
  public enum Life {
    /** It has at least one thread. */
    ALIVE,

    /** Its last thread has ended, and with it all that it had open. */
    GONE,

    /** It cannot be seen, as without free descriptors: it may run. */
    UNKNOWN
  }

  /**
   * The process with this pid; empty when there is none, or only its remains (a zombie).
   *
   * @throws UncheckedIOException when there is one that cannot be seen
   */
  public static Optional<ProcessId> of(long pid) {
    return switch (ProcStat.look(pid)) {
      case Look.There(ProcStat stat) when stat.runs() -> Optional.of(seen(stat));
      case Look.There _, Look.None _ -> Optional.empty();
      case Look.Unknown(IOException why) ->
          throw new UncheckedIOException("process " + pid + " is there and cannot be seen", why);
    };
  }

  static ProcessId seen(ProcStat stat) {
    return new ProcessId(stat.pid(), stat.startTicks(), BOOT);
  }

  /** A process that was started as {@code pid} and had ended before it could be looked at. */
  public static ProcessId ended(long pid) {
    return new ProcessId(pid, -1, BOOT);
  }

  /** Looks whether it still runs. */
  public Life life() {
    return life(() -> ProcStat.look(pid));
  }

  Life life(Supplier<Look> looking) {
    if (!boot.equals(BOOT) || startTicks < 0) {
      return Life.GONE;
    }
    return switch (looking.get()) {
      case Look.There(ProcStat stat) ->
          stat.startTicks() == startTicks && stat.runs() ? Life.ALIVE : Life.GONE;
      case Look.None _ -> Life.GONE;
      case Look.Unknown _ -> Life.UNKNOWN;
    };
  }

  /** Whether it is known to run. */
  public boolean alive() {
    return life() == Life.ALIVE;
  }

  /** Whether it is known to have ended. */
  public boolean gone() {
    return life() == Life.GONE;
  }

  /**
   * Whether its main thread has ended and others go on: of a QEMU nothing is left then that would
   * answer, but its virtual CPUs may compute, with all that it had open.
   */
  public boolean beheaded() {
    return ProcStat.look(pid) instanceof Look.There(ProcStat stat)
        && startTicks == stat.startTicks()
        && boot.equals(BOOT)
        && stat.mainThreadEnded()
        && stat.runs();
  }

  /**
   * Kills it, whichever of its threads are left, and waits until the last one has ended. No other
   * process that the kernel has given the same pid meanwhile is hit.
   *
   * @return false when it has not ended by the deadline
   * @throws IOException when it may run and cannot be seen
   */
  public boolean kill(Duration deadline) throws IOException {
    Optional<Pidfd> opened = pin();
    if (opened.isEmpty()) {
      return true;
    }
    try (Pidfd process = opened.get()) {
      process.signal(SIGKILL);
      return await(() -> process.ended() || gone(), deadline);
    }
  }

  /** Sends it a signal, and no other process; nothing when it has ended. */
  void signal(int number) throws IOException {
    Optional<Pidfd> opened = pin();
    if (opened.isPresent()) {
      try (Pidfd process = opened.get()) {
        process.signal(number);
      }
    }
  }

  /** A descriptor of it; empty when it has ended. */
  private Optional<Pidfd> pin() throws IOException {
    Optional<Pidfd> opened = Pidfd.open(pid);
    if (opened.isEmpty()) {
      return opened;
    }
    // Only now: what has the pid while the descriptor is open is what the descriptor is of.
    Look seen = ProcStat.look(pid);
    if (!(seen instanceof Look.Unknown) && life(() -> seen) == Life.ALIVE) {
      return opened;
    }
    opened.get().close();
    if (seen instanceof Look.Unknown(IOException why)) {
      throw why;
    }
    return Optional.empty();
  }

  /** Waits until it is known to have ended; false when that is not by the deadline. */
  public boolean awaitEnd(Duration deadline) {
    return await(this::gone, deadline);
  }

  private static boolean await(BooleanSupplier ended, Duration deadline) {
    long end = System.nanoTime() + deadline.toNanos();
    boolean interrupted = false;
    long pause = FIRST_LOOK.toNanos();
    try {
      while (!ended.getAsBoolean()) {
        if (System.nanoTime() > end) {
          return false;
        }
        LockSupport.parkNanos(pause);
        pause = Math.min(2 * pause, LONGEST_LOOK.toNanos());
        interrupted |= Thread.interrupted(); // parking would return at once from then on
      }
      return true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A line to keep in a file; {@link #decode} reads it. */
  public String encode() {
    return pid + ":" + startTicks + ":" + boot;
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static ProcessId decode(String text) {
    var match = FORM.matcher(text.strip());
    if (!match.matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is not pid:start:boot of a process");
    }
    return new ProcessId(
        Long.parseLong(match.group(1)), Long.parseLong(match.group(2)), match.group(3));
  }

  private static String currentBoot() {
    try {
      return BootId.current();
    } catch (IOException e) {
      throw new UncheckedIOException("The kernel does not tell its boot id", e);
    }
  }
}
