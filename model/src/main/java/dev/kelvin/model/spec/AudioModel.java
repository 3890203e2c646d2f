package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The sound card. */
public enum AudioModel implements WireName {
  /** None. */
  NONE("none"),
  /** Intel HD Audio of the ICH6. */
  INTEL_HDA("intel-hda"),
  /** Intel HD Audio of the ICH9, the chip set of q35. */
  ICH9("ich9");

  private final String wire;

  AudioModel(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
