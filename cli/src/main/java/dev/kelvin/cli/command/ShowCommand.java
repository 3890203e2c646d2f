package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.command.Declared.Slot;
import dev.kelvin.model.Vm;

/** {@code kelvin show}. */
public final class ShowCommand extends Command {
  private final Outputs outputs = new Outputs();
  private String name = "";

  public ShowCommand(Session session) {
    super(session);
  }

  @Override
  public Declared declared() {
    var command =
        new Declared(this)
            .argument(new Slot<>(() -> name, value -> name = value), "VM", "Its name.");
    return outputs.addTo(command).footer("", "Example:", "  kelvin show web1");
  }

  @Override
  public Class<?> reads() {
    return Vm.class;
  }

  @Override
  protected int run() {
    Vm vm = session.client().vm(name);
    outputs.one(session, vm, VmText::name, () -> VmText.details(vm, session.style()));
    return 0;
  }
}
