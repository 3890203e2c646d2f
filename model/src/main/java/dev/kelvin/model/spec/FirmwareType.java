package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The firmware that the VM starts with. */
public enum FirmwareType implements WireName {
  /** SeaBIOS; on aarch64 none at all, for a kernel that is started directly. */
  BIOS("bios"),
  /** OVMF (AAVMF on aarch64), with variables of the VM's own. */
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
