package dev.kelvin.machine;

import dev.kelvin.host.ProcessId;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.qemu.Companion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Ends processes of VMs. */
final class Processes {
  private static final Logger LOG = System.getLogger(Processes.class.getName());
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(20);

  private Processes() {}

  /**
   * Kills a process and waits until its last thread is gone: until then it has all that it had.
   *
   * @throws dev.kelvin.model.ProblemException host-failure when the kernel does not end it, as
   *     while it hangs in a disk wait, or does not tell
   */
  static void kill(ProcessId process) {
    boolean ended;
    try {
      ended = process.gone() || process.kill(KILL_DEADLINE);
    } catch (IOException e) {
      throw Problem.of(
              Code.HOST_FAILURE, "It is not known whether process " + process.pid() + " still runs")
          .because(e.toString())
          .remedy("check the daemon's limit of open files, and that /proc shows its processes")
          .asException(e);
    }
    if (!ended) {
      throw Problem.of(Code.HOST_FAILURE, "Process " + process.pid() + " does not end")
          .because("it was killed and is still there; it may hang in a wait for a disk")
          .remedy("see what it waits for in /proc/" + process.pid() + "/stack, then try again")
          .asException();
    }
  }

  /** Waits for a process to end by itself; false when it has not, for all that is known. */
  static boolean awaitEnd(ProcessId process, Duration deadline) {
    return process.awaitEnd(deadline);
  }

  /**
   * Processes, QEMU's and its companions', whose command line names {@code directory}: what a
   * daemon that died between launching and recording has left.
   */
  static List<ProcessId> naming(Path directory) {
    var found = new ArrayList<ProcessId>();
    try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path entry : entries) {
        String arguments = commandLine(entry);
        if (ours(arguments) && arguments.contains(directory + "/")) {
          ProcessId.of(Long.parseLong(entry.getFileName().toString())).ifPresent(found::add);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("listing /proc", e);
    }
    return found;
  }

  /** Whether a command line, its words ended by NUL, is of QEMU or of what serves it. */
  private static boolean ours(String arguments) {
    return arguments.contains("qemu-system")
        || Arrays.stream(arguments.split("\0", 16)).anyMatch(Companion::isProgram);
  }

  private static String commandLine(Path process) {
    try {
      return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> process + " went away or cannot be read: " + e.getMessage());
      return "";
    }
  }
}
