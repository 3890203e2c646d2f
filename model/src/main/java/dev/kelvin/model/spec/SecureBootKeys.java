package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** Whose keys the firmware has at the first start. */
public enum SecureBootKeys implements WireName {
  /** Those of the firmware's own enrolled template: Microsoft's, as computers are sold with. */
  MICROSOFT("microsoft"),
  /** The user's, from {@link Firmware#certificates}. */
  CUSTOM("custom");

  private final String wire;

  SecureBootKeys(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
