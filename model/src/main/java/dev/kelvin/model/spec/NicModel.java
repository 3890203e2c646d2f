package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The kind of network card. */
public enum NicModel implements WireName {
  VIRTIO("virtio"),
  E1000E("e1000e"),
  /** A 100 Mbit/s card of old PCs. */
  RTL8139("rtl8139");

  private final String wire;

  NicModel(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
