package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin rename}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin rename web1 www"})
public final class RenameCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(index = "1", paramLabel = "NEWNAME", description = "The name it gets.")
  String newName = "";

  @Mixin Waiting waiting = new Waiting();

  public RenameCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    waiting.finish(
        session,
        session.client().renameVm(vm, newName),
        OnInterrupt.DETACH,
        vm + " is now called " + newName);
    return 0;
  }
}
