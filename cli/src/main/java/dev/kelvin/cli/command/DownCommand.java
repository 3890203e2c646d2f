package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.DaemonControl;
import dev.kelvin.cli.text.Units;
import java.time.Duration;
import java.util.OptionalLong;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code kelvin down}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "VMs go on running without a daemon, and the next one takes care of them again. With --stop-vms those",
      "that an ended daemon has left are shut down, too.",
      "",
      "Examples:",
      "  kelvin down",
      "  kelvin down --stop-vms"
    })
public final class DownCommand extends Command {
  private static final Duration QUICK = Duration.ofSeconds(60);
  private static final Duration WITH_VMS = Duration.ofMinutes(15);

  @Option(names = "--stop-vms", description = "Shut all VMs down first.")
  boolean stopVms;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "Wait no longer than this. Usual: 60s, with --stop-vms 15m.")
  String timeout = "";

  public DownCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Duration usual = stopVms ? WITH_VMS : QUICK;
    Duration limit = timeout.isEmpty() ? usual : Units.duration(timeout, "--timeout");
    var control = new DaemonControl(session);
    if (!control.answers()) {
      OptionalLong silent = control.silent();
      if (silent.isPresent()) {
        long pid = silent.getAsLong();
        session
            .err()
            .println("The daemon, process " + pid + ", does not answer; it is told to end.");
        control.end(pid, limit);
        if (!stopVms) {
          session.out().println("The daemon has ended.");
          return 0;
        }
      }
    }
    if (!control.answers()) {
      if (!stopVms || !control.leftVms()) {
        session.err().println("No daemon runs.");
        return 0;
      }
      control.startAlone();
    }
    control.stop(stopVms, limit);
    session.out().println("The daemon has ended.");
    return 0;
  }
}
