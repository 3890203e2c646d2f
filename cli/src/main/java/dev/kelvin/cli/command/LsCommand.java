package dev.kelvin.cli.command;

import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.command.Declared.Slot;
import dev.kelvin.model.Vm;
import java.util.List;

/** {@code kelvin ls}. */
public final class LsCommand extends Command {
  private final Outputs outputs = new Outputs();
  private List<String> labels = List.of();
  private List<String> fields = List.of();

  public LsCommand(Session session) {
    super(session);
  }

  @Override
  public Declared declared() {
    var command =
        new Declared(this)
            .list(
                new Slot<>(() -> labels, value -> labels = value),
                "KEY=VALUE",
                "Only VMs with this label. Can be given several times.",
                "-l",
                "--label")
            .list(
                new Slot<>(() -> fields, value -> fields = value),
                "PATH=VALUE",
                "Only VMs whose field has this value (!= for another). Can be given several times.",
                "--field");
    return outputs
        .addTo(command)
        .footer(
            "",
            "Examples:",
            "  kelvin ls -l team=blue",
            "  kelvin ls --field status.phase=running -o name");
  }

  @Override
  public Class<?> reads() {
    return Vm.class;
  }

  @Override
  protected int run() {
    List<Vm> vms = session.client().allVms(ListQuery.all().labels(labels).fields(fields));
    outputs.list(session, vms, VmText::name, () -> VmText.table(vms, session.style()));
    if (outputs.forPeople()) {
      VmText.standstills(vms).forEach(session.err()::println);
    }
    if (vms.isEmpty() && outputs.forPeople() && session.terminal().hasOutput()) {
      session.err().println("There are no VMs. Make one: kelvin run debian");
    }
    return 0;
  }
}
