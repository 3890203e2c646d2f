package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin nic detach}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin nic detach web1 net1"})
public final class NicDetachCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(index = "1", paramLabel = "NIC", description = "The network card's name.")
  String name = "";

  @Mixin Waiting waiting = new Waiting();

  public NicDetachCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    waiting.finish(
        session,
        session.client().detachNic(vm, name),
        OnInterrupt.DETACH,
        vm + " no longer has the network card " + name);
    return 0;
  }
}
