package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin resume}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin resume web1"})
public final class ResumeCommand extends Command {
  @Parameters(arity = "1..*", paramLabel = "VM", description = "Names of VMs.")
  List<String> vms = List.of();

  @Mixin Waiting waiting = new Waiting();

  public ResumeCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    return new EachObject(session, waiting).run(vms, session.client()::resumeVm, "goes on");
  }
}
