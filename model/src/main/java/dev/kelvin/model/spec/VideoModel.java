package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What draws the screen. */
public enum VideoModel implements WireName {
  /** A VGA card with VESA modes: every system has a driver for it. */
  STD("std"),
  /** virtio-gpu; on x86 with VGA's registers, so that firmware draws on it too. */
  VIRTIO("virtio"),
  /** The Cirrus GD5446 of old PCs. */
  CIRRUS("cirrus"),
  /** A frame buffer in the guest's memory, set up by its firmware. */
  RAMFB("ramfb"),
  /** The paravirtual card of SPICE, for guests that have its driver; x86 only. */
  QXL("qxl");

  private final String wire;

  VideoModel(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
