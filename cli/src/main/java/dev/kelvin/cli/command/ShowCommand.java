package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.command.Declared.Slot;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmIsolation;

/** {@code kelvin show}. */
public final class ShowCommand extends Command {
  private final Outputs outputs = new Outputs();
  private String name = "";
  private boolean isolation;

  public ShowCommand(Session session) {
    super(session);
  }

  @Override
  public Declared declared() {
    var command =
        new Declared(this)
            .argument(new Slot<>(() -> name, value -> name = value), "VM", "Its name.")
            .flag(
                new Slot<>(() -> isolation, value -> isolation = value),
                "Show what confines its processes now, as the kernel shows it.",
                "--isolation");
    return outputs
        .addTo(command)
        .footer("", "Examples:", "  kelvin show web1", "  kelvin show web1 --isolation");
  }

  @Override
  public Class<?> reads() {
    return Vm.class;
  }

  @Override
  protected int run() {
    if (isolation) {
      VmIsolation seen = session.client().isolation(name);
      outputs.one(
          session,
          seen,
          VmIsolation::vm,
          () -> IsolationText.table(seen, session.style()).render(!outputs.noHeaders));
      return 0;
    }
    Vm vm = session.client().vm(name);
    outputs.one(session, vm, VmText::name, () -> VmText.details(vm, session.style()));
    return 0;
  }
}
