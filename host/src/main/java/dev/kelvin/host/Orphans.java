package dev.kelvin.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Programs whose daemon died while they ran. Each command carries the identity of its daemon in its
 * environment, which children inherit, so that the next daemon can end what is left before it works
 * on the same files.
 */
public final class Orphans {
  private static final System.Logger LOG = System.getLogger(Orphans.class.getName());
  static final String VARIABLE = "KELVIN_COMMAND_OF";

  private Orphans() {}

  static Map<String, String> mark() {
    return ProcessId.of(ProcessHandle.current().pid())
        .map(own -> Map.of(VARIABLE, own.encode()))
        .orElse(Map.of());
  }

  /**
   * Kills every command of a daemon that no longer runs. VMs are no commands: they stay.
   *
   * @return how many processes were killed
   */
  public static int end() {
    int killed = 0;
    for (ProcStat process : ProcStat.all()) {
      boolean orphan = process.runs() && owner(process.pid()).filter(o -> !o.alive()).isPresent();
      if (orphan
          && ProcessHandle.of(process.pid()).filter(ProcessHandle::destroyForcibly).isPresent()) {
        LOG.log(
            System.Logger.Level.INFO,
            "Ended process {0}, which an earlier daemon had left",
            Long.toString(process.pid()));
        killed++;
      }
    }
    return killed;
  }

  private static Optional<ProcessId> owner(long pid) {
    try {
      Path file = Path.of("/proc", Long.toString(pid), "environ");
      String prefix = VARIABLE + "=";
      return Arrays.stream(Files.readString(file, StandardCharsets.ISO_8859_1).split("\0"))
          .filter(variable -> variable.startsWith(prefix))
          .findFirst()
          .map(variable -> ProcessId.decode(variable.substring(prefix.length())));
    } catch (IOException | IllegalArgumentException e) {
      // Another user's process, one that has just ended, or a variable that Kelvin did not write:
      // none of them is a command of ours.
      return Optional.empty();
    }
  }
}
