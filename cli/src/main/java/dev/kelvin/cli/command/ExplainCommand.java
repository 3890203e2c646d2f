package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.explain.Explanation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin explain}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Needs no daemon. Without a field it lists the documents: vm, image, volume, task,",
      "config (kelvin.yaml) and catalogue (catalogue.yaml). \"vm.\" and \"[]\" can be left out.",
      "",
      "Examples:",
      "  kelvin explain vm",
      "  kelvin explain spec.disks",
      "  kelvin explain vm.spec.disks[].cache",
      "  kelvin explain config.state.engine"
    })
public final class ExplainCommand extends Command {
  @Parameters(
      arity = "0..1",
      paramLabel = "FIELD",
      description = "Its path in a document, the document's kind first.")
  @Nullable String field;

  public ExplainCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    session.out().print(field == null ? Explanation.kinds() : Explanation.of(field));
    return 0;
  }
}
