package dev.kelvin.model.spec;

/**
 * What starts the guest.
 *
 * @param type BIOS or UEFI
 */
public record Firmware(FirmwareType type) {
  public Firmware {
    type = type == null ? FirmwareType.BIOS : type;
  }
}
