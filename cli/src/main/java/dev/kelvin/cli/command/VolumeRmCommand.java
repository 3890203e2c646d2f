package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin volume rm}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "A volume that a VM uses is not deleted.",
      "",
      "Example:",
      "  kelvin volume rm 0f3a9c51d2e84b7760aa-data"
    })
public final class VolumeRmCommand extends Command {
  @Parameters(arity = "1..*", paramLabel = "VOLUME", description = "Ids of volumes.")
  List<String> volumes = List.of();

  @Option(names = "--force", description = "Delete it also when its file is damaged.")
  boolean force;

  @Mixin Waiting waiting = new Waiting();

  public VolumeRmCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    return new EachObject(session, waiting)
        .run(volumes, name -> session.client().volumes().delete(name, force), "is deleted");
  }
}
