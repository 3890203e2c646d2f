package dev.kelvin.model;

/** The state of a VM as observed. {@link Lifecycle} says which can follow which. */
public enum Phase implements WireName {
  /** Being created: its disks do not all exist yet. */
  PENDING("pending"),
  /** Exists, has no process. */
  STOPPED("stopped"),
  /** A process is being launched and checked. */
  STARTING("starting"),
  RUNNING("running"),
  /** Has a process; virtual CPUs do not run because somebody paused them. */
  PAUSED("paused"),
  /** Asked to shut down. */
  STOPPING("stopping"),
  /** Its process ended by itself, or its guest's kernel panicked, and nothing restarts it. */
  CRASHED("crashed"),
  /** Has a process whose control channel does not answer. */
  UNRESPONSIVE("unresponsive"),
  /** Being deleted. */
  DELETING("deleting");

  private final String wire;

  Phase(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** Whether a VM in this state has a QEMU process. */
  public boolean hasProcess() {
    return switch (this) {
      case STARTING, RUNNING, PAUSED, STOPPING, UNRESPONSIVE -> true;
      case PENDING, STOPPED, CRASHED, DELETING -> false;
    };
  }
}
