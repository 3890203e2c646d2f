package dev.kelvin.cli.command;

import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.model.Vm;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin ls}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  kelvin ls -l team=blue",
      "  kelvin ls --field status.phase=running -o name"
    })
public final class LsCommand extends Command {
  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "Only VMs with this label. Can be given several times.")
  List<String> labels = List.of();

  @Option(
      names = "--field",
      paramLabel = "PATH=VALUE",
      description =
          "Only VMs whose field has this value (!= for another). Can be given several times.")
  List<String> fields = List.of();

  @Mixin Outputs outputs = new Outputs();

  public LsCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    List<Vm> vms = session.client().allVms(ListQuery.all().labels(labels).fields(fields));
    outputs.list(session, vms, VmText::name, () -> VmText.table(vms, session.style()));
    if (vms.isEmpty() && outputs.forPeople() && session.terminal().hasOutput()) {
      session.err().println("There are no VMs. Make one: kelvin run debian");
    }
    return 0;
  }
}
