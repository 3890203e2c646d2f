package dev.kelvin.cli.run;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The process of a daemon on this host.
 *
 * @param directory what the kernel tells of it (proc(5))
 */
public record DaemonProcess(Path directory) {
  private static final Logger LOG = System.getLogger(DaemonProcess.class.getName());

  /** The class that is run; what follows it makes it another program than a daemon. */
  private static final String MAIN = "dev.kelvin.server.Main";

  public static DaemonProcess of(long pid) {
    return new DaemonProcess(Path.of("/proc", Long.toString(pid)));
  }

  /** Whether it has not let go of its files yet. */
  boolean runs() {
    try {
      // What was not reaped has an empty one (proc_pid_cmdline(5)); in another container's eyes the
      // pid may be anything. Its arguments may be in a file, which is Kelvin's.
      return Files.readString(directory.resolve("cmdline")).contains("kelvin");
    } catch (IOException e) {
      // The kernel knows it no more.
      return false;
    }
  }

  /**
   * What the daemon's program does there instead of being a daemon, such as {@code restore}; empty
   * for a daemon.
   */
  Optional<String> tool() {
    try {
      List<String> words =
          List.of(Files.readString(directory.resolve("cmdline")).split("\0", -1)).stream()
              .filter(word -> !word.isEmpty())
              .toList();
      int main = words.indexOf(MAIN);
      return main >= 0 && main + 1 < words.size()
          ? Optional.of(words.get(main + 1))
          : Optional.empty();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "what a process is", e);
      return Optional.empty();
    }
  }

  /**
   * Where its words go: the command that shows the log of a unit of systemd, else a file.
   *
   * @param usual the file, when nothing else can be found out
   */
  public String log(Path usual) {
    try {
      String output = Files.readSymbolicLink(directory.resolve("fd/1")).toString();
      if (output.startsWith("/")) {
        return output;
      }
      // The journal is a socket, and a process's unit the end of its cgroup's path.
      return Files.readAllLines(directory.resolve("cgroup")).stream()
          .map(line -> line.substring(line.lastIndexOf('/') + 1))
          .filter(unit -> unit.endsWith(".service"))
          .findFirst()
          .map(unit -> "journalctl -u " + unit)
          .orElse(usual.toString());
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "where the daemon writes to", e);
      return usual.toString();
    }
  }
}
