package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.StateReport;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** {@code kelvin state check}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Nothing is changed. The exit code is 10 when something is found.",
      "",
      "Example:",
      "  kelvin state check"
    })
public final class StateCheckCommand extends Command {
  @Mixin Outputs outputs = new Outputs();

  public StateCheckCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    StateReport report = session.client().checkState();
    outputs.one(session, report, it -> Long.toString(it.revision()), () -> text(report));
    return report.findings().isEmpty() ? 0 : Code.HOST_FAILURE.exitCode();
  }

  private static String text(StateReport report) {
    var text = new StringBuilder();
    for (StateReport.Finding finding : report.findings()) {
      text.append(finding.key().isEmpty() ? "the store" : finding.key())
          .append(": ")
          .append(finding.fault())
          .append("\n  repair: ")
          .append(finding.repair())
          .append('\n');
    }
    int faults = report.findings().size();
    String result = faults == 0 ? "all is well" : faults == 1 ? "1 fault" : faults + " faults";
    return text
        + "%d keys at revision %d: %s\n".formatted(report.keys(), report.revision(), result);
  }
}
