package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What the VM does when its process ends and nobody asked for it. */
public enum RestartMode implements WireName {
  NEVER("never"),
  /** After a crash or a panic of the guest's kernel. */
  ON_FAILURE("on-failure"),
  /** After a power-off from inside as well. */
  ALWAYS("always");

  private final String wire;

  RestartMode(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
