package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What a guest may keep of a shared directory, and so how soon it sees the host's changes. */
public enum ShareCache implements WireName {
  /** Nothing: each look goes to the host. */
  NONE("none"),
  /** For a second, and data until the file is opened again. */
  AUTO("auto"),
  /** Everything: only for directories that nobody else changes. */
  ALWAYS("always");

  private final String wire;

  ShareCache(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
