package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The firmware that the VM starts with. */
public enum FirmwareType implements WireName {
  /** SeaBIOS. */
  BIOS("bios"),
  /** OVMF, with variables of the VM's own. */
  UEFI("uefi");

  private final String wire;

  FirmwareType(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
