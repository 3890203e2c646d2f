package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Table;
import dev.kelvin.model.cpu.CpuModel;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin cpu models}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "LACKS says which features of a model this host cannot give; a VM with that model is refused.",
      "For ARM, QEMU does not tell.",
      "",
      "Examples:",
      "  kelvin cpu models",
      "  kelvin cpu models --arch aarch64 --all"
    })
public final class CpuModelsCommand extends Command {
  @Mixin GuestOptions guests = new GuestOptions();

  @Option(names = "--all", description = "Also those that do not run on this host.")
  boolean all;

  @Mixin Outputs outputs = new Outputs();

  public CpuModelsCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    List<CpuModel> models =
        session.client().host().cpuModels(guests.arch, guests.accelerator).models().stream()
            .filter(model -> all || model.runs())
            .toList();
    outputs.list(session, models, CpuModel::name, () -> table(models));
    return 0;
  }

  private static Table table(List<CpuModel> models) {
    var table = new Table("NAME", "ALSO", "VENDOR", "LACKS");
    for (CpuModel model : models) {
      table.row(
          model.name(),
          String.join(", ", model.aliases()),
          Objects.requireNonNullElse(model.vendor(), "-"),
          model.runs() ? "-" : String.join(" ", model.missing()));
    }
    return table;
  }
}
