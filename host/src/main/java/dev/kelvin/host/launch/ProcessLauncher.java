package dev.kelvin.host.launch;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands;
import java.util.Map;
import java.util.function.Supplier;

/** Starts processes that outlive the daemon. */
public interface ProcessLauncher {
  /**
   * Starts a process and does not wait for it. One that ends at once is no failure of the launch:
   * {@link ProcessId#alive} then tells, and its output says why.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing when a program is not installed,
   *     or when descriptors cannot be handed over here; host-failure when the process cannot be
   *     started
   */
  ProcessId launch(Launch launch);

  /** Which walls of a cell cannot be built here, and why, for people. A launch leaves them out. */
  Map<Layer, String> missing(Confinement cell);

  /**
   * The one for this host: with systemd and as root, each process is in a unit of its own.
   *
   * @param root whether this process is root
   * @param support the walls of cells that can be built here
   */
  static ProcessLauncher ofHost(boolean root, Commands commands, Supplier<CellSupport> support) {
    return root && Scopes.possible()
        ? new PlainLauncher(support, new Scopes(commands)::place)
        : new PlainLauncher(support);
  }
}
