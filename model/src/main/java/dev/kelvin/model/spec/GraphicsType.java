package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The screen of the VM. */
public enum GraphicsType implements WireName {
  VNC("vnc"),
  NONE("none");

  private final String wire;

  GraphicsType(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
