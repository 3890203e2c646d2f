package dev.kelvin.cli.command;

import dev.kelvin.api.ExecRequest;
import dev.kelvin.api.ExecResult;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin exec}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The program runs as root through the guest agent, without a shell, and its output comes when it has",
      "ended. The exit code is the program's.",
      "",
      "Examples:",
      "  kelvin exec web1 -- uname -a",
      "  kelvin exec web1 -- sh -c 'df -h | tail -n 1'",
      "  kelvin exec -i web1 -- tee /etc/motd < motd"
    })
public final class ExecCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "PROGRAM",
      description = "The program and its arguments.")
  List<String> program = List.of();

  @Option(
      names = {"-i", "--stdin"},
      description = "Give it this command's standard input.")
  boolean input;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description = "A variable of its environment. Can be given several times.")
  List<String> environment = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long it may run. Usual: 60s.")
  String timeout = "60s";

  public ExecCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException {
    List<String> command =
        program.getFirst().equals("--") ? program.subList(1, program.size()) : program;
    if (command.isEmpty()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The program to run is missing")
          .because("only a VM is named")
          .remedy("write it after the VM's name: kelvin exec " + vm + " -- uname -a")
          .asException();
    }
    byte[] given = input ? session.in().readAllBytes() : new byte[0];
    ExecResult result =
        session
            .client()
            .guest(vm)
            .exec(
                new ExecRequest(command, environment, given, Units.duration(timeout, "--timeout")));
    session.out().write(result.stdout());
    session.out().flush();
    session.err().write(result.stderr());
    session.err().flush();
    if (result.truncated()) {
      session.err().println("Note: output was left out because it was too much.");
    }
    return result.exitCode();
  }
}
