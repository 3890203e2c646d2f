package dev.kelvin.bench.session;

import java.util.Locale;

/** The parts of a run, in their order. */
public enum Part {
  /** How a VM starts, beside QEMU by hand and libvirt; then command line and daemon. */
  START,
  /** Many VMs that are only stored. */
  STORED,
  /** Many VMs that start at once. */
  BURST,
  /** Many VMs that run for a while. */
  CROWD,
  /** A disk of elsewhere becomes an image. */
  IMPORT,
  /** Clients that mean no good, while others work. */
  HOSTILE;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
