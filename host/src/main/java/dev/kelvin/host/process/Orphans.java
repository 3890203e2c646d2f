package dev.kelvin.host.process;

import java.io.IOException;
import java.time.Duration;
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

  /** What hangs in the kernel is not waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private Orphans() {}

  public static Map<String, String> mark() {
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
      boolean orphan = process.runs() && owner(process.pid()).filter(ProcessId::gone).isPresent();
      if (orphan && kill(process)) {
        LOG.log(
            System.Logger.Level.INFO,
            "Ended process {0}, which an earlier daemon had left",
            Long.toString(process.pid()));
        killed++;
      }
    }
    return killed;
  }

  private static boolean kill(ProcStat process) {
    try {
      return process.id().kill(PATIENCE);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "Process " + process.pid() + " of an earlier daemon", e);
      return false;
    }
  }

  private static Optional<ProcessId> owner(long pid) {
    try {
      return ProcessWords.variable(pid, VARIABLE).map(ProcessId::decode);
    } catch (IOException | IllegalArgumentException e) {
      // Another user's process, one that has just ended, or a variable that Kelvin did not write:
      // none of them is a command of ours.
      return Optional.empty();
    }
  }
}
