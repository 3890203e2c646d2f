package dev.kelvin.cli.command;

import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.model.Image;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin image ls}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin image ls -o name"})
public final class ImageLsCommand extends Command {
  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "Only images with this label. Can be given several times.")
  List<String> labels = List.of();

  @Mixin Outputs outputs = new Outputs();

  public ImageLsCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    List<Image> images = session.client().images().all(ListQuery.all().labels(labels));
    outputs.list(session, images, ImageText::name, () -> ImageText.table(images, session.style()));
    return 0;
  }
}
