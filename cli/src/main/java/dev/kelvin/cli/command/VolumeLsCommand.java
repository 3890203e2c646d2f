package dev.kelvin.cli.command;

import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.model.Volume;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin volume ls}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin volume ls --unused -o name"})
public final class VolumeLsCommand extends Command {
  @Option(names = "--unused", description = "Only those that no VM uses.")
  boolean unused;

  @Mixin Outputs outputs = new Outputs();

  public VolumeLsCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    List<Volume> all = session.client().volumes().all(ListQuery.all());
    List<Volume> shown =
        unused ? all.stream().filter(volume -> volume.usedBy() == null).toList() : all;
    outputs.list(session, shown, Volume::id, () -> VolumeText.table(shown));
    return 0;
  }
}
