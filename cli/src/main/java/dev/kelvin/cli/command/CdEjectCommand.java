package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin cd eject}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin cd eject web1"})
public final class CdEjectCommand extends Command {
  @Parameters(paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Option(
      names = "--drive",
      paramLabel = "NAME",
      description = "Which drive. It can be left out when the VM has but one.")
  @Nullable String drive;

  @Mixin Waiting waiting = new Waiting();

  public CdEjectCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    String name = Drives.choose(session, vm, drive);
    waiting.finish(
        session,
        session.client().setMedia(vm, name, null),
        OnInterrupt.DETACH,
        "the drive " + name + " of " + vm + " is empty");
    return 0;
  }
}
