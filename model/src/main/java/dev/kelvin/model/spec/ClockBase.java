package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What the guest's hardware clock shows. */
public enum ClockBase implements WireName {
  /** Coordinated Universal Time, as Unix systems have it. */
  UTC("utc"),
  /** The host's local time, as Windows and DOS have it. */
  LOCALTIME("localtime");

  private final String wire;

  ClockBase(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
