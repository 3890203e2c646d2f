package dev.kelvin.cli.command;

import static java.util.stream.Collectors.joining;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.UserPrograms;
import dev.kelvin.cli.run.VmReach;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin ssh}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Starts ssh(1) with the forwarded port, Kelvin's key and a file of known hosts for this VM alone.",
      "It depends neither on ssh's configuration (-F none) nor on an agent (IdentityAgent=none): after",
      "Kelvin's key the user's ~/.ssh/id_* are tried. What follows the name are options of ssh, which win,",
      "and the command: -F FILE, -o IdentityAgent=SSH_AUTH_SOCK or -A bring back what is left out. A signal",
      "that ends this command ends ssh, and the exit code is ssh's. What ssh has started in the guest",
      "hears of that only where it has a terminal (-t): without one it runs on until it writes or reads.",
      "",
      "Examples:",
      "  kelvin ssh web1",
      "  kelvin ssh web1 -- uptime",
      "  kelvin ssh --user root web1 -- -L 5432:localhost:5432"
    })
public final class SshCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "Further arguments for ssh.")
  List<String> arguments = List.of();

  @Option(
      names = {"-u", "--user"},
      paramLabel = "NAME",
      description = "Log in as this user. Usual: the one that cloud-init made.")
  String user = "";

  @Option(names = "--print", description = "Write the ssh command instead of running it.")
  boolean print;

  public SshCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws InterruptedException {
    boolean dashes = !arguments.isEmpty() && arguments.getFirst().equals("--");
    List<String> further = dashes ? arguments.subList(1, arguments.size()) : arguments;
    List<String> command = new VmReach(session).ssh(session.client().vm(vm), user, further);
    if (print) {
      session.out().println(command.stream().map(SshCommand::quoted).collect(joining(" ")));
      return 0;
    }
    return UserPrograms.become(session, command, "openssh-client");
  }

  /** As a shell takes it for one word. */
  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
