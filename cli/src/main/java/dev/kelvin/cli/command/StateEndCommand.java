package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin state end}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Ends the processes of a guest that runs and that the store does not know, by force: as if it had",
      "lost its power. Its volumes and its other files stay.",
      "",
      "Example:",
      "  kelvin state end web1"
    })
public final class StateEndCommand extends Command {
  @Parameters(arity = "1..*", paramLabel = "GUEST", description = "Names or ids of such guests.")
  List<String> guests = List.of();

  @Mixin Waiting waiting = new Waiting();

  public StateEndCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    return new EachObject(session, waiting)
        .run(guests, guest -> session.client().endUnknown(guest), "is ended");
  }
}
