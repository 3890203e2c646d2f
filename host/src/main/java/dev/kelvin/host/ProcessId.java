package dev.kelvin.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
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

  private static final Pattern FORM =
      Pattern.compile("(\\d{1,10}):(-?\\d{1,18}):([0-9a-f-]{1,64})");

  /** The process with this pid; empty when there is none, or only its remains (a zombie). */
  public static Optional<ProcessId> of(long pid) {
    return ProcStat.read(pid)
        .filter(ProcStat::runs)
        .map(stat -> new ProcessId(pid, stat.startTicks(), BOOT));
  }

  /** A process that was started as {@code pid} and had ended before it could be looked at. */
  static ProcessId ended(long pid) {
    return new ProcessId(pid, -1, BOOT);
  }

  /** Whether it still runs. A zombie does not. */
  public boolean alive() {
    return of(pid).equals(Optional.of(this));
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
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("The kernel does not tell its boot id", e);
    }
  }
}
