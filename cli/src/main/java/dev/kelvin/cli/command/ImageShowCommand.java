package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Image;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin image show}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin image show debian-12"})
public final class ImageShowCommand extends Command {
  @Parameters(paramLabel = "IMAGE", description = "Its name.")
  String name = "";

  @Mixin Outputs outputs = new Outputs();

  public ImageShowCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Image image = session.client().images().get(name);
    outputs.one(session, image, ImageText::name, () -> ImageText.details(image, session.style()));
    return 0;
  }
}
