package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The device that a guest must feed. */
public enum WatchdogModel implements WireName {
  /** Intel's 6300ESB on PCI; Linux' module is i6300esb. */
  I6300ESB("i6300esb"),
  /** The timer of q35's own chip set; Linux' module is iTCO_wdt. */
  ITCO("itco");

  private final String wire;

  WatchdogModel(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
