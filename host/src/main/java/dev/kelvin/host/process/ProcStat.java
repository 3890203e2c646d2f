package dev.kelvin.host.process;

import dev.kelvin.host.kernel.Pidfd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One process as {@code /proc/PID/stat} shows it (proc_pid_stat(5)).
 *
 * @param state one letter; Z is a zombie, X is dead
 * @param parent pid of the parent
 * @param session pid of the session's leader
 * @param userTicks and {@code systemTicks}: time on a CPU, in 1/100 s
 * @param nice from -20, the largest share of the CPUs, to 19 (sched(7))
 * @param threads how many it has
 * @param startTicks when it began, in 1/100 s after the host's start
 */
record ProcStat(
    long pid,
    char state,
    long parent,
    long session,
    long userTicks,
    long systemTicks,
    int nice,
    int threads,
    long startTicks) {
  private static final Path PROC = Path.of("/proc");

  /** What a look at a pid finds. Only the kernel's word that there is none means that. */
  sealed interface Look {
    /** A process, or its remains. */
    record There(ProcStat stat) implements Look {}

    /** No process has this pid. */
    record None() implements Look {}

    /** One may have it: it cannot be read, as without free descriptors or where /proc hides it. */
    record Unknown(IOException why) implements Look {}
  }

  static Look look(long pid) {
    return look(PROC, pid);
  }

  /** Looks at a pid below another directory than {@code /proc}. */
  static Look look(Path directory, long pid) {
    try {
      return new Look.There(read(directory, pid));
    } catch (IOException e) {
      // Never taken from the error: /proc may hide what there is (hidepid) as if it were not.
      return Pidfd.exists(pid) ? new Look.Unknown(e) : new Look.None();
    }
  }

  /** What can be read of a process or a thread; empty when nothing can, whatever the cause. */
  static Optional<ProcStat> read(long pid) {
    return readable(PROC, pid);
  }

  private static ProcStat read(Path directory, long id) throws IOException {
    return parse(Files.readString(directory.resolve(Long.toString(id)).resolve("stat")));
  }

  private static Optional<ProcStat> readable(Path directory, long id) {
    try {
      return Optional.of(read(directory, id));
    } catch (IOException e) {
      // Gone meanwhile or not to be read: whoever must tell these apart asks look().
      return Optional.empty();
    }
  }

  /** Reads a line whose second field, the program's name, may hold blanks and brackets. */
  static ProcStat parse(String line) {
    int open = line.indexOf('(');
    int close = line.lastIndexOf(')');
    String[] rest = line.substring(close + 2).strip().split(" ", -1);
    // rest[0] is field 3 of the manual page.
    return new ProcStat(
        Long.parseLong(line.substring(0, open).strip()),
        rest[0].charAt(0),
        Long.parseLong(rest[1]),
        Long.parseLong(rest[3]),
        Long.parseLong(rest[11]),
        Long.parseLong(rest[12]),
        Integer.parseInt(rest[16]),
        Integer.parseInt(rest[17]),
        Long.parseLong(rest[19]));
  }

  /**
   * Whether any of its threads is left. A process whose main thread has ended is shown as a zombie
   * while the others go on, with all its memory and files.
   */
  boolean runs() {
    return !mainThreadEnded() || threads > 1;
  }

  /** Whether the thread that it began with has ended. */
  boolean mainThreadEnded() {
    return state == 'Z' || state == 'X';
  }

  ProcessId id() {
    return ProcessId.seen(this);
  }

  /** Every process that can be read now. */
  static List<ProcStat> all() {
    try {
      return in(PROC);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The threads of a process. */
  static List<ProcStat> threads(long pid) throws IOException {
    return in(PROC.resolve(Long.toString(pid)).resolve("task"));
  }

  private static List<ProcStat> in(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.chars().allMatch(Character::isDigit))
          .map(name -> readable(directory, Long.parseLong(name)))
          .flatMap(Optional::stream)
          .toList();
    } catch (UncheckedIOException e) {
      // What a stream meets under way, such as the end of the process.
      throw e.getCause();
    }
  }
}
