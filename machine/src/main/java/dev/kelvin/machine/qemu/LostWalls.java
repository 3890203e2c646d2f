package dev.kelvin.machine.qemu;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.launch.ProcessLauncher;
import dev.kelvin.machine.engine.Signal;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The walls that the processes of one start should have, and that this host cannot build: whoever
 * watches the VM is told once a start, as the VM runs without them. That an ordinary user's daemon
 * lacks what only root builds is its usual state, and no news; the doctor tells of it.
 */
final class LostWalls {
  private static final System.Logger LOG = System.getLogger(LostWalls.class.getName());
  static final String EVENT = "vm.walls-missing";

  private final ProcessLauncher processes;
  private final boolean root;
  private final Map<Layer, String> lost = new EnumMap<>(Layer.class);

  /**
   * @param root whether the daemon is root
   */
  LostWalls(ProcessLauncher processes, boolean root) {
    this.processes = processes;
    this.root = root;
  }

  /** Notes what a process will lack that is launched in a cell; gives the same cell. */
  Confinement noted(Confinement cell) {
    processes
        .missing(cell)
        .forEach((layer, why) -> {
          if (root || !layer.takesRoot()) {
            lost.put(layer, why);
          }
        });
    return cell;
  }

  /**
   * Tells what is missing, if anything is.
   *
   * @param vm its name in messages, such as {@code vm/web1}
   */
  void tell(String vm, Consumer<Signal> signals) {
    if (lost.isEmpty()) {
      return;
    }
    String text =
        lost.entrySet().stream()
            .map(one -> "%s (%s)".formatted(one.getKey().wire(), one.getValue()))
            .collect(
                Collectors.joining(
                    ", ",
                    "started without walls that this host cannot build: ",
                    "; see \"kelvin doctor --security\""));
    LOG.log(System.Logger.Level.WARNING, "{0}: {1}", vm, text);
    signals.accept(new Signal.Told(EVENT, text));
  }
}
