package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * What starts the guest.
 *
 * @param type BIOS or UEFI
 * @param secureBoot whether UEFI starts only what is signed by a key that it has
 * @param keys whose keys those are
 * @param certificates the keys themselves where they are the user's own; null with others
 */
public record Firmware(
    FirmwareType type,
    Boolean secureBoot,
    SecureBootKeys keys,
    @Nullable SecureBootCertificates certificates) {
  public Firmware {
    type = type == null ? FirmwareType.BIOS : type;
    secureBoot = secureBoot == null ? Boolean.FALSE : secureBoot;
    keys = keys == null ? SecureBootKeys.MICROSOFT : keys;
  }

  /** Firmware without Secure Boot. */
  public static Firmware of(FirmwareType type) {
    return new Firmware(type, false, SecureBootKeys.MICROSOFT, null);
  }

  /** UEFI that starts what Microsoft has signed: Windows, and the shims of Linux distributions. */
  public static Firmware secure() {
    return new Firmware(FirmwareType.UEFI, true, SecureBootKeys.MICROSOFT, null);
  }
}
