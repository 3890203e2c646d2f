package dev.kelvin.cli.command;

import dev.kelvin.api.ExecRequest;
import dev.kelvin.api.ExecResult;
import dev.kelvin.cli.ErrorPrinter;
import dev.kelvin.cli.Interrupts;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Units;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin exec}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The program runs as root through the guest agent, without a shell, and its output comes when it has",
      "ended: 1MiB of each stream at most, and a note when there was more. The exit code is the program's;",
      "128 and the signal's number when one ended it, 255 when it is none from 0 to 255 (Windows). After",
      "--timeout the program is ended in the guest and the exit code is 7; Ctrl-C ends it, too. A terminal",
      "gets the output without the sequences that would change it (titles, colours, the clipboard); a file",
      "or another program gets it as it is.",
      "",
      "Examples:",
      "  kelvin exec web1 -- uname -a",
      "  kelvin exec web1 -- sh -c 'df -h | tail -n 1'",
      "  kelvin exec -i web1 -- tee /etc/motd < motd"
    })
public final class ExecCommand extends Command {
  /** What a request holds beside the program, its environment and its input. */
  private static final int FRAME = 256;

  /** For what is no exit code of a Unix process. */
  private static final int NO_EXIT_CODE = 255;

  private static final int ATTEMPTS = 5;
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(200);

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
      description = "Give it this command's standard input, which is 760KiB at most.")
  boolean input;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description =
          "A variable of its environment, beside those that it has anyway. Can be given several times.")
  List<String> environment = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long it may run before it is ended. Usual: 60s; 24h at most.")
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
    environment.forEach(ExecCommand::requireVariable);
    Duration time = Units.duration(timeout, "--timeout");
    byte[] given = input ? given(command) : new byte[0];
    String id = UUID.randomUUID().toString();
    ExecResult result;
    try (var _ = Interrupts.during(() -> end(id))) {
      result =
          session.client().guest(vm).exec(new ExecRequest(id, command, environment, given, time));
    }
    write(result.stdout(), session.guestOut());
    write(result.stderr(), session.guestErr());
    if (result.truncated()) {
      session.err().println("Note: output was left out because it was more than 1MiB.");
    }
    return exitCode(result);
  }

  private int exitCode(ExecResult result) {
    int code = result.exitCode();
    if (code >= 0 && code <= NO_EXIT_CODE) {
      return code;
    }
    // A process here can only tell eight bits: of some failures they are those of a success.
    session.err().println("Note: the program ended with " + Integer.toUnsignedString(code) + ".");
    return NO_EXIT_CODE;
  }

  private static void requireVariable(String text) {
    if (text.indexOf('=') <= 0) {
      throw Problem.of(Code.INVALID_ARGUMENT, "\"" + text + "\" is not a variable with its value")
          .at("--env")
          .because("a variable is NAME=value; none is taken over from here")
          .remedy("write it with its value: -e " + (text.isEmpty() ? "NAME" : text) + "=value")
          .asException();
    }
  }

  /** Ends the program while this process ends. */
  private void end(String id) {
    session.err().println("Ending the program in the guest ...");
    for (int attempt = 1; ; attempt++) {
      try {
        session.client().guest(vm).end(id);
        session.err().println("It has been ended.");
        return;
      } catch (ProblemException e) {
        // The request that starts it may be on its way still.
        if (e.problem().code() != Code.NOT_FOUND) {
          new ErrorPrinter(session).print(e.problem());
          return;
        } else if (attempt == ATTEMPTS) {
          return;
        }
        session.pause(BETWEEN_ATTEMPTS);
      }
    }
  }

  private static void write(byte[] text, OutputStream to) throws IOException {
    to.write(text);
    to.flush();
  }

  /** Standard input, if a request has room for it. */
  private byte[] given(List<String> command) throws IOException {
    // What is larger than a request need not be read to its end, which may never come.
    byte[] given = session.in().readNBytes(Documents.MAX_BYTES);
    int base64 = (given.length + 2) / 3 * 4;
    int words = Documents.json(List.of(command, environment)).length;
    if (given.length > 0 && FRAME + words + base64 > Documents.MAX_BYTES) {
      throw Problem.of(Code.TOO_LARGE, "The standard input is too large to be given to a program")
          .on(Vm.ref(vm))
          .because("input and program go into one request, which has room for 760KiB of input")
          .remedy(
              "copy the file with \"kelvin cp FILE "
                  + vm
                  + ":/PATH\", then run the command on that")
          .asException();
    }
    return given;
  }
}
