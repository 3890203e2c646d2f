package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What happens when a guest stops feeding its watchdog. */
public enum WatchdogAction implements WireName {
  /** The machine is reset. */
  RESET("reset"),
  /** The guest is asked by the ACPI power button to shut down. */
  SHUTDOWN("shutdown"),
  /** The VM is ended at once; the restart policy takes it for a failure. */
  POWEROFF("poweroff"),
  /** Its virtual CPUs stand still until somebody resumes, resets or stops it. */
  PAUSE("pause"),
  /** Only the event tells. */
  NONE("none"),
  /** The guest gets a non-maskable interrupt, upon which kernels can panic or dump. */
  INJECT_NMI("inject-nmi");

  private final String wire;

  WatchdogAction(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
