package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin cd insert}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin cd insert web1 debian-12-netinst"})
public final class CdInsertCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(index = "1", paramLabel = "IMAGE", description = "An image of format iso.")
  String image = "";

  @Option(
      names = "--drive",
      paramLabel = "NAME",
      description = "Which drive. It can be left out when the VM has but one.")
  @Nullable String drive;

  @Mixin Waiting waiting = new Waiting();

  public CdInsertCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    String name = Drives.choose(session, vm, drive);
    waiting.finish(
        session,
        session.client().setMedia(vm, name, image),
        OnInterrupt.DETACH,
        image + " is in the drive " + name + " of " + vm);
    return 0;
  }
}
