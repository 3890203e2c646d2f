package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Table;
import dev.kelvin.model.PublishedImage;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin image catalogue}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "VOUCHED FOR BY says what a pulled file is held against: \"signature\" are sums that the publisher",
      "signed, \"sums\" those that it serves over HTTPS. Sizes are rough. docs/images.md tells how to add",
      "to the catalogue.",
      "",
      "Examples:",
      "  kelvin image catalogue",
      "  kelvin image catalogue --arch aarch64"
    })
public final class ImageCatalogueCommand extends Command {
  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      description = "Only images for guests of this architecture.")
  @Nullable String arch;

  @Mixin Outputs outputs = new Outputs();

  public ImageCatalogueCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    List<PublishedImage> images =
        session.client().images().catalogue().stream()
            .filter(image -> arch == null || image.arch().equals(arch))
            .toList();
    outputs.list(session, images, PublishedImage::name, () -> table(images));
    return 0;
  }

  private static Table table(List<PublishedImage> images) {
    var table = new Table("NAME", "ALSO", "ARCH", "SIZE", "VOUCHED FOR BY", "SOURCE");
    for (PublishedImage image : images) {
      table.row(
          image.name(),
          String.join(", ", image.aliases()),
          image.arch(),
          "~" + image.size().human(),
          image.verification().wire(),
          image.url());
    }
    return table;
  }
}
