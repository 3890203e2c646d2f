package dev.kelvin.host.launch;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * On hosts with systemd each process that outlives the daemon is a unit of its own, a transient
 * scope (systemd.scope(5)) in {@code kelvin.slice}. So whatever happens to the daemon's unit, when
 * it is stopped, killed or out of memory, is no matter of the VMs; accounts and limits are for each
 * VM; and when the host goes down they are ended after {@code kelvin-guests.service}, which shuts
 * them down in order.
 */
final class Scopes {
  private static final System.Logger LOG = System.getLogger(Scopes.class.getName());

  /** There while systemd is the first process (sd_booted(3)). */
  private static final Path BOOTED = Path.of("/run/systemd/system");

  private static final String PROGRAM = "busctl";

  /** Of a unit's name (systemd.unit(5)). */
  private static final Pattern FOREIGN = Pattern.compile("[^A-Za-z0-9_.]+");

  /** How long systemd may take to move a process into its scope. */
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final Commands commands;

  Scopes(Commands commands) {
    this.commands = commands;
  }

  /** Whether the processes that root starts here can have scopes. */
  static boolean possible() {
    return Files.isDirectory(BOOTED) && Programs.find(PROGRAM).isPresent();
  }

  /**
   * Gives a process that runs a scope, and waits until it is in it.
   *
   * @throws dev.kelvin.model.ProblemException host-failure when systemd refuses, or does not do it
   */
  void place(Launch launch, long pid) {
    // An ended process's scope may still be there when the VM starts again.
    String unique = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    String unit = unit(launch.name(), unique);
    try {
      var result = commands.run(Command.of(request(launch.name(), unit, pid)));
      if (!result.ok() && !hasEnded(pid)) {
        throw failed(launch, result.lastError());
      }
      awaitPlace(launch, unit, pid);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(launch, "the daemon ends");
    }
  }

  private static void awaitPlace(Launch launch, String unit, long pid) {
    Path groups = Path.of("/proc", Long.toString(pid), "cgroup");
    long end = System.nanoTime() + DEADLINE.toNanos();
    try {
      while (!hasEnded(pid) && !Files.readString(groups).contains("/" + unit)) {
        if (System.nanoTime() > end) {
          throw failed(launch, "the process was not moved into its scope in time");
        }
        LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
      }
    } catch (IOException e) {
      // It has ended, which is for whoever started it to find out.
      LOG.log(System.Logger.Level.DEBUG, "{0} cannot be read: {1}", groups, e);
    }
  }

  /** One that has ended has a reason of its own, which its starter finds out. */
  private static boolean hasEnded(long pid) {
    return ProcessId.of(pid).map(ProcessId::gone).orElse(true);
  }

  private static ProblemException failed(Launch launch, String why) {
    return Problem.of(Code.HOST_FAILURE, "The process cannot have a systemd unit of its own")
        .on(launch.name())
        .because(why)
        .remedy("see \"journalctl -b -u init.scope\", and whether \"busctl status\" answers")
        .asException();
  }

  static String unit(String name, String unique) {
    return "kelvin-" + FOREIGN.matcher(name).replaceAll("-") + "-" + unique + ".scope";
  }

  /**
   * What asks for it: StartTransientUnit of org.freedesktop.systemd1(5), with a name, a mode, the
   * properties, and no other units.
   */
  static List<String> request(String name, String unit, long pid) {
    return List.of(
        PROGRAM,
        "--system",
        "--quiet",
        "call",
        "org.freedesktop.systemd1",
        "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager",
        "StartTransientUnit",
        "ssa(sv)a(sa(sv))",
        unit,
        "fail",
        "5",
        "Description",
        "s",
        "Kelvin: " + name,
        "Slice",
        "s",
        "kelvin.slice",
        // When the host goes down, units stop in the opposite order.
        "Before",
        "as",
        "1",
        "kelvin-guests.service",
        "CollectMode",
        "s",
        "inactive-or-failed",
        "PIDs",
        "au",
        "1",
        Long.toString(pid),
        "0");
  }
}
