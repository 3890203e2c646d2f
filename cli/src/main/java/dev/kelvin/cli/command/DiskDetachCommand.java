package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin disk detach}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The disk's volume stays, and has its data when a disk of the same name is attached again. With",
      "\"kelvin disk attach --volume\" it becomes a disk of another VM, \"kelvin volume rm\" deletes it.",
      "",
      "Example:",
      "  kelvin disk detach web1 data"
    })
public final class DiskDetachCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(index = "1", paramLabel = "DISK", description = "The disk's name.")
  String name = "";

  @Mixin Waiting waiting = new Waiting();

  public DiskDetachCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    waiting.finish(
        session,
        session.client().detachDisk(vm, name),
        OnInterrupt.DETACH,
        vm + " no longer has the disk " + name);
    return 0;
  }
}
