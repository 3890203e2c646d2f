package dev.kelvin.cli.command;

import dev.kelvin.cli.text.Style;
import dev.kelvin.cli.text.Table;
import dev.kelvin.model.Volume;
import dev.kelvin.model.Volume.Use;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Volumes as people read them. */
final class VolumeText {
  private static final int DIGEST = 64;

  private VolumeText() {}

  static Table table(List<Volume> volumes) {
    var table = new Table("VOLUME", "SIZE", "ON HOST", "FORMAT", "IMAGE", "VM", "DISK");
    for (Volume volume : volumes) {
      Use use = volume.usedBy();
      table.row(
          volume.id(),
          volume.size().human(),
          volume.allocated().human(),
          volume.format(),
          image(volume.image()),
          use == null ? "-" : use.vm(),
          use == null || use.disk() == null ? "-" : use.disk());
    }
    return table;
  }

  /** The beginning of a digest tells enough in a table. */
  private static String image(@Nullable String image) {
    if (image == null) {
      return "-";
    }
    return image.length() == DIGEST ? image.substring(0, 12) + "…" : image;
  }

  static String details(Volume volume, Style style) {
    Use use = volume.usedBy();
    return new Facts()
        .add("id", style.bold(volume.id()))
        .add("size", volume.size().human())
        .add("on host", volume.allocated().human())
        .add("format", volume.format())
        .add("image", volume.image())
        .add("vm", use == null ? "none" : use.vm())
        .add("disk", use == null ? null : use.disk())
        .render();
  }
}
