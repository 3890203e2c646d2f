package dev.kelvin.cli.command;

import dev.kelvin.cli.text.Style;
import dev.kelvin.cli.text.Table;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Image.PullSource;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Images as people read them. */
final class ImageText {
  private ImageText() {}

  static String name(Image image) {
    return image.metadata().name();
  }

  static Table table(List<Image> images, Style style) {
    var table = new Table("NAME", "STATE", "FORMAT", "SIZE", "ON HOST", "FROM", "USED BY", "AGE");
    Instant now = Instant.now();
    for (Image image : images) {
      var status = image.status();
      table.row(
          image.metadata().name(),
          phase(status.phase(), style),
          format(status.format()),
          status.virtualSize().human(),
          status.fileSize().human(),
          from(image),
          status.usedBy().isEmpty() ? "-" : String.valueOf(status.usedBy().size()),
          Units.age(image.metadata().createdAt(), now));
    }
    return table;
  }

  private static String format(@Nullable Format format) {
    return format == null ? "-" : format.wire();
  }

  private static String phase(ImagePhase phase, Style style) {
    return switch (phase) {
      case READY -> style.green(phase.wire());
      case MAKING, DELETING -> style.yellow(phase.wire());
    };
  }

  private static String from(Image image) {
    BuildRecipe recipe = image.spec().build();
    if (recipe != null) {
      return recipe.distribution() + " " + recipe.suite();
    }
    PullSource pull = image.spec().pull();
    if (pull != null) {
      return pull.from();
    }
    Format format = image.spec().sourceFormat();
    return format == null ? image.spec().origin().wire() : format.wire() + " file";
  }

  static String details(Image image, Style style) {
    var status = image.status();
    var facts =
        new Facts()
            .add("name", style.bold(image.metadata().name()))
            .add("id", image.metadata().id())
            .add("state", phase(status.phase(), style))
            .add("from", from(image));
    BuildRecipe recipe = image.spec().build();
    if (recipe != null) {
      facts.add("packages", String.join(", ", recipe.packages()));
      facts.add("mirror", recipe.mirror());
    }
    PullSource pull = image.spec().pull();
    if (pull != null) {
      facts.add("arch", pull.arch());
      facts.add("url", pull.url());
    }
    Provenance provenance = status.provenance();
    if (provenance != null) {
      facts.add("vouched for by", provenance.verification().wire());
      facts.add("signed by", provenance.signer());
      facts.add("checksum", provenance.checksum());
    }
    status.warnings().forEach(warning -> facts.add("warning", style.yellow(warning)));
    image.metadata().labels().forEach((key, value) -> facts.add("label", key + "=" + value));
    return facts
        .add("format", format(status.format()))
        .add("size", status.virtualSize().human())
        .add("on host", status.fileSize().human())
        .add("sha256", status.digest())
        .add("used by", String.join(", ", status.usedBy()))
        .add("created", Units.age(image.metadata().createdAt(), Instant.now()) + " ago")
        .render();
  }
}
