package dev.kelvin.host.launch;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * On hosts with systemd each process that outlives the daemon is a unit of its own, a transient
 * scope (systemd.scope(5)) in {@code kelvin.slice}. So whatever happens to the daemon's unit, when
 * it is stopped, killed or out of memory, is no matter of the VMs; accounts and limits are for each
 * VM; and when the host goes down they are ended after {@code kelvin-guests.service}, which shuts
 * them down in order.
 */
final class Scopes {
  /** There while systemd is the first process (sd_booted(3)). */
  private static final Path BOOTED = Path.of("/run/systemd/system");

  private static final String PROGRAM = "systemd-run";

  /** From this version on, variables in the arguments may be expanded unless told otherwise. */
  private static final int EXPANDS = 254;

  private static final Pattern VERSION = Pattern.compile("systemd (\\d{1,6})\\b");

  /** Of a unit's name (systemd.unit(5)). */
  private static final Pattern FOREIGN = Pattern.compile("[^A-Za-z0-9_.]+");

  private final boolean expands;

  private Scopes(boolean expands) {
    this.expands = expands;
  }

  /** Whether the processes that root starts here can have scopes. */
  static boolean possible() {
    return Files.isDirectory(BOOTED) && Programs.find(PROGRAM).isPresent();
  }

  static Scopes ofHost(Commands commands) throws InterruptedException {
    return ofVersion(commands.run(Command.of(PROGRAM, "--version")).stdout());
  }

  /**
   * For the systemd of some version.
   *
   * @param words what {@code systemd-run --version} says
   */
  static Scopes ofVersion(String words) {
    var version = VERSION.matcher(words);
    return new Scopes(version.find() && Integer.parseInt(version.group(1)) >= EXPANDS);
  }

  /**
   * What a command is put behind. The program asks systemd for the scope, waits until it is in it,
   * and becomes the command: the pid stays.
   */
  List<String> before(Launch launch) {
    // An ended process's scope may still be there when the VM starts again.
    String unique = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    String name = FOREIGN.matcher(launch.name()).replaceAll("-");
    var argv = new ArrayList<String>();
    argv.add(Programs.require(PROGRAM).toString());
    argv.addAll(List.of("--scope", "--quiet", "--collect", "--slice=kelvin.slice"));
    argv.add("--unit=kelvin-" + name + "-" + unique + ".scope");
    argv.add("--description=Kelvin: " + launch.name());
    // When the host goes down, units stop in the opposite order.
    argv.add("--property=Before=kelvin-guests.service");
    if (expands) {
      argv.add("--expand-environment=no");
    }
    argv.add("--");
    return argv;
  }
}
