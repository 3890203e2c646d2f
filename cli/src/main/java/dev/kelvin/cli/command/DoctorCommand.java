package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.DoctorReport.FoundQemu;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin doctor}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Exits with 8 when something is missing that Kelvin cannot do without, shown or not.",
      "",
      "Examples:",
      "  kelvin doctor --refresh",
      "  kelvin doctor --security"
    })
public final class DoctorCommand extends Command {
  @Option(
      names = "--refresh",
      description = "Examine the host anew, instead of showing what was found before.")
  boolean refresh;

  @Option(
      names = "--security",
      description = "Show only what keeps guests, VMs and clients apart, and what is lost of it.")
  boolean security;

  @Mixin Outputs outputs = new Outputs();

  public DoctorCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    if (refresh) {
      new Waiting().follow(session, session.client().host().examine(), OnInterrupt.DETACH);
    }
    DoctorReport report = session.client().host().doctor();
    DoctorReport shown = security ? report.ofSecurity() : report;
    Style style = session.style();
    outputs.one(session, shown, DoctorReport::host, () -> text(shown, style));
    boolean lacks =
        report.checks().stream().anyMatch(check -> check.state() == CheckState.REQUIRED);
    return lacks || !report.missingPackages().isEmpty() ? Code.CAPABILITY_MISSING.exitCode() : 0;
  }

  static String text(DoctorReport report, Style style) {
    var text = new StringBuilder(report.host()).append('\n');
    text.append("VMs run on ").append(style.bold(report.accelerator())).append(" by default.\n\n");
    int width = report.checks().stream().mapToInt(check -> check.title().length()).max().orElse(0);
    for (Check check : report.checks()) {
      text.append(mark(check.state(), style)).append("  ").append(check.title());
      text.append(" ".repeat(width - check.title().length() + 2));
      text.append(check.proof().strip().replace("\n", " ")).append('\n');
      String remedy = check.remedy();
      if (remedy != null && !remedy.isEmpty()) {
        text.append(" ".repeat(12)).append("do: ").append(remedy.strip()).append('\n');
      }
    }
    if (!report.qemus().isEmpty()) {
      text.append("\nQEMUs of this host:\n");
      for (FoundQemu qemu : report.qemus()) {
        text.append(qemu(qemu, style)).append('\n');
      }
    }
    if (!report.missingPackages().isEmpty()) {
      text.append("\nMissing packages: ").append(String.join(" ", report.missingPackages()));
      text.append("\n\"kelvin run\" installs them.\n");
    }
    return text.toString();
  }

  private static String qemu(FoundQemu qemu, Style style) {
    String mark = qemu.used() ? style.green("used    ") : style.dim("unused  ");
    String version = qemu.version() == null ? "" : ", version " + qemu.version();
    return mark + "  " + qemu.binary() + version + ": " + qemu.why();
  }

  private static String mark(CheckState state, Style style) {
    String word = state.wire() + " ".repeat(8 - state.wire().length());
    return switch (state) {
      case OK -> style.green(word);
      case LIMITED -> style.yellow(word);
      case ABSENT -> style.dim(word);
      case BROKEN, REQUIRED -> style.red(word);
    };
  }
}
