package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Vm;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin show}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin show web1"})
public final class ShowCommand extends Command {
  @Parameters(paramLabel = "VM", description = "Its name.")
  String name = "";

  @Mixin Outputs outputs = new Outputs();

  public ShowCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Vm vm = session.client().vm(name);
    outputs.one(session, vm, VmText::name, () -> VmText.details(vm, session.style()));
    return 0;
  }
}
