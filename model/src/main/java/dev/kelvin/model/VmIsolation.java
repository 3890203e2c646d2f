package dev.kelvin.model;

import java.util.List;

/**
 * What keeps the processes of a VM apart from the host and from other VMs, as the kernel shows it
 * at one moment. What was wanted when the VM started does not count.
 *
 * @param vm the VM's name
 * @param processes first what runs the guest, then those that serve it; one that has ended is not
 *     among them
 */
public record VmIsolation(String vm, List<ConfinedProcess> processes) {
  public VmIsolation {
    processes = processes == null ? List.of() : List.copyOf(processes);
  }

  /**
   * A process of the VM.
   *
   * @param name {@code qemu}, or what it serves the VM with, such as {@code tpm}
   * @param pid its number, as the daemon sees it
   * @param walls all that there are, in the same order for each process
   */
  public record ConfinedProcess(String name, long pid, List<Wall> walls) {
    public ConfinedProcess {
      walls = walls == null ? List.of() : List.copyOf(walls);
    }
  }

  /**
   * One wall around a process.
   *
   * @param wall stable, such as {@code network}
   * @param state whether it stands
   * @param seen what the kernel shows of it, for people
   * @param protects what holds for the process while it stands, for people
   */
  public record Wall(String wall, WallState state, String seen, String protects) {}

  /** Whether a wall stands. */
  public enum WallState implements WireName {
    STANDS("stands"),
    /** It is not there, or lets more through than walls of its kind shall. */
    MISSING("missing"),
    /** The kernel does not show whether it stands, or not to this daemon. */
    UNSEEN("unseen");

    private final String wire;

    WallState(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }
}
