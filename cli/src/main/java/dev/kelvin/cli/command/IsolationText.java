package dev.kelvin.cli.command;

import dev.kelvin.cli.text.Style;
import dev.kelvin.cli.text.Table;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.VmIsolation.ConfinedProcess;
import dev.kelvin.model.VmIsolation.Wall;
import dev.kelvin.model.VmIsolation.WallState;

/** What confines a VM, as people read it. */
final class IsolationText {
  private IsolationText() {}

  static Table table(VmIsolation isolation, Style style) {
    var table = new Table("PROCESS", "WALL", "STATE", "SEEN", "SO THAT");
    for (ConfinedProcess process : isolation.processes()) {
      String name = process.name() + " (" + process.pid() + ")";
      for (Wall wall : process.walls()) {
        table.row(name, wall.wall(), state(wall.state(), style), wall.seen(), wall.protects());
      }
    }
    return table;
  }

  private static String state(WallState state, Style style) {
    return switch (state) {
      case STANDS -> style.green(state.wire());
      case MISSING -> style.yellow(state.wire());
      case UNSEEN -> style.dim(state.wire());
    };
  }
}
