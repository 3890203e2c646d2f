package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.DaemonControl;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.StateReport;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** {@code kelvin state check}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Nothing is changed. The exit code is 10 when something is found. When no daemon runs, the store is",
      "looked at without one.",
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
  protected int run() throws IOException, InterruptedException {
    var control = new DaemonControl(session);
    StateReport report;
    if (control.answers()) {
      report = session.client().checkState();
    } else {
      Process program = control.offline(Redirect.PIPE, List.of("check"));
      byte[] said = program.getInputStream().readAllBytes();
      int code = program.waitFor();
      if (code != 0) {
        return code;
      }
      report = Documents.readTrusted(said, StateReport.class);
    }
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
