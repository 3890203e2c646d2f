package dev.kelvin.cli.command;

import dev.kelvin.cli.ErrorPrinter;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.DaemonControl;
import dev.kelvin.model.Code;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code kelvin up}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Without --detach the daemon runs on this terminal until Ctrl-C. VMs outlive it either way, and the",
      "next daemon takes care of them again.",
      "",
      "Examples:",
      "  kelvin up --detach",
      "  KELVIN_HOME=$HOME/lab kelvin up --detach"
    })
public final class UpCommand extends Command {
  @Option(
      names = {"-d", "--detach"},
      description = "Let it go on by itself; ends when it answers.")
  boolean detach;

  public UpCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws InterruptedException {
    var control = new DaemonControl(session);
    if (detach) {
      boolean started = control.ensure();
      NodeInfo info = session.client().info();
      String how = started ? "The daemon runs" : "The daemon runs already";
      session.out().println(how + ": pid " + info.pid() + ", " + info.socket() + ", " + info.url());
      session.client().complaint().ifPresent(new ErrorPrinter(session)::print);
      return 0;
    }
    if (control.answers()) {
      throw Problem.of(Code.CONFLICT, "A daemon runs already")
          .on(session.endpoint().name())
          .because("its pid is " + session.client().info().pid())
          .remedy("end it with \"kelvin down\", or choose other files with KELVIN_HOME")
          .asException();
    }
    return control.runForeground();
  }
}
