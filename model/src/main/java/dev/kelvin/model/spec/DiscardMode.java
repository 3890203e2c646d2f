package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What becomes of blocks that the guest discards. */
public enum DiscardMode implements WireName {
  /** They are given back to the host. */
  UNMAP("unmap"),
  IGNORE("ignore");

  private final String wire;

  DiscardMode(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
