package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.DaemonControl;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin state restore}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "No daemon may run: \"kelvin down\" ends it, and VMs go on. The backup goes into the store that",
      "kelvin.yaml names, so that this also moves the state from one engine to another. It is checked to",
      "its end before anything changes. VMs that run and that the backup knows are taken over by the next",
      "daemon; if it does not know them, restoring is refused.",
      "",
      "Examples:",
      "  kelvin state restore kelvin.backup",
      "  kelvin state restore --replace kelvin.backup"
    })
public final class StateRestoreCommand extends Command {
  @Parameters(paramLabel = "FILE", description = "What \"kelvin state backup\" has written.")
  String file = "";

  @Option(names = "--replace", description = "Replace what the store holds, if it is not empty.")
  boolean replace;

  public StateRestoreCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws InterruptedException {
    var control = new DaemonControl(session);
    if (control.answers()) {
      throw Problem.of(Code.CONFLICT, "The daemon runs, and has the store open")
          .on(session.endpoint().name())
          .because("its state cannot be replaced under it")
          .remedy("end it with \"kelvin down\"; VMs go on")
          .asException();
    }
    return control.restore(session.file(file).toAbsolutePath(), replace);
  }
}
