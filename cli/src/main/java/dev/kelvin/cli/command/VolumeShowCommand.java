package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Volume;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin volume show}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin volume show 0f3a9c51d2e84b7760aa-data"})
public final class VolumeShowCommand extends Command {
  @Parameters(paramLabel = "VOLUME", description = "Its id.")
  String id = "";

  @Mixin Outputs outputs = new Outputs();

  public VolumeShowCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Volume volume = session.client().volumes().get(id);
    outputs.one(session, volume, Volume::id, () -> VolumeText.details(volume, session.style()));
    return 0;
  }
}
