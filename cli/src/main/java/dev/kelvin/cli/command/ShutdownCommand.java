package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Units;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin shutdown}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The agent in the guest is asked first, then the power button is pressed (ACPI). A guest that is not",
      "off at the deadline goes on, and the command fails; with --force it is stopped.",
      "",
      "Example:",
      "  kelvin shutdown --force --deadline 60s web1"
    })
public final class ShutdownCommand extends Command {
  @Parameters(arity = "1..*", paramLabel = "VM", description = "Names of VMs.")
  List<String> vms = List.of();

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      description = "How long the guest may take. Usual: what its spec says.")
  @Nullable String deadline;

  @Option(names = "--force", description = "Stop it when it is not off at the deadline.")
  boolean force;

  @Mixin Waiting waiting = new Waiting();

  public ShutdownCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Duration limit = deadline == null ? null : Units.duration(deadline, "--deadline");
    return new EachObject(session, waiting)
        .run(vms, name -> session.client().shutdownVm(name, limit, force), "is off");
  }
}
