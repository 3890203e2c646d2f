package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin keys}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Keys have QEMU's names: a to z, 0 to 9, f1 to f12, ret, spc, esc, tab, backspace, delete, up, down,",
      "left, right, ctrl, shift, alt, meta_l and so on.",
      "",
      "Example:",
      "  kelvin keys web1 ctrl-alt-delete",
      "  kelvin keys web1 r o o t ret"
    })
public final class KeysCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "KEYS",
      description =
          "Keys that are pressed together, joined by -. Several are pressed one after another.")
  List<String> chords = List.of();

  public KeysCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    session.client().sendKeys(vm, chords);
    return 0;
  }
}
