package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The specification that a TPM follows. */
public enum TpmVersion implements WireName {
  /** TPM 2.0, which Windows 11 demands. */
  V2_0("2.0"),
  /** No TPM, also for a system that usually gets one. */
  NONE("none");

  private final String wire;

  TpmVersion(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
