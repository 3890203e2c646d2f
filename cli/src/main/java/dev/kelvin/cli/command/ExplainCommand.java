package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.explain.Explanation;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin explain}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Needs no daemon. \"vm.\" and \"[]\" can be left out.",
      "",
      "Examples:",
      "  kelvin explain vm",
      "  kelvin explain spec.disks",
      "  kelvin explain vm.spec.disks[].cache"
    })
public final class ExplainCommand extends Command {
  @Parameters(paramLabel = "FIELD", description = "Its path in the document of a VM.")
  String field = "";

  public ExplainCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    session.out().print(new Explanation().of(field));
    return 0;
  }
}
