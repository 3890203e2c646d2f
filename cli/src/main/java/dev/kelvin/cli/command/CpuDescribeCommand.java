package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.cpu.HostCpu;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** {@code kelvin cpu describe}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "It is a document in YAML: carry it to another host, and let \"kelvin cpu baseline\" find there what",
      "both have.",
      "",
      "Example:",
      "  kelvin cpu describe > host1.yaml"
    })
public final class CpuDescribeCommand extends Command {
  @Mixin GuestOptions guests = new GuestOptions();

  @Mixin Outputs outputs = new Outputs();

  public CpuDescribeCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    HostCpu cpu = session.client().host().cpu(guests.arch, guests.accelerator);
    outputs.one(
        session,
        cpu,
        it -> Objects.requireNonNullElse(it.name(), it.architecture()),
        () -> Documents.yaml(cpu));
    return 0;
  }
}
