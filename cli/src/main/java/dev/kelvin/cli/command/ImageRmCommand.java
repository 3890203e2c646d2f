package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin image rm}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "An image that VMs or volumes are made from is not deleted.",
      "",
      "Example:",
      "  kelvin image rm debian-12"
    })
public final class ImageRmCommand extends Command {
  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Names of images.")
  List<String> images = List.of();

  @Option(names = "--force", description = "Delete it also when what is stored of it is damaged.")
  boolean force;

  @Mixin Waiting waiting = new Waiting();

  public ImageRmCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    return new EachObject(session, waiting)
        .run(images, name -> session.client().images().delete(name, force), "is deleted");
  }
}
