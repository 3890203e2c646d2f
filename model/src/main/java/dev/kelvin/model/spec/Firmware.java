package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * What starts the guest.
 *
 * @param type BIOS or UEFI; a spec that it is in chooses it when it is left out
 * @param secureBoot whether UEFI starts only what is signed by a key that it has; null as long as
 *     the host that the VM is made on has not chosen
 * @param keys whose keys those are
 * @param certificates the keys themselves where they are the user's own; null with others
 */
public record Firmware(
    FirmwareType type,
    @Nullable Boolean secureBoot,
    SecureBootKeys keys,
    @Nullable SecureBootCertificates certificates) {
  public Firmware {
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

  /** UEFI without Secure Boot, or with null whichever suits the guest's system. */
  // A null that a constructor is given asks for the default; NullAway has no word for that.
  @SuppressWarnings("NullAway")
  public static Firmware withoutSecureBoot(@Nullable FirmwareType type) {
    return new Firmware(type, false, SecureBootKeys.MICROSOFT, null);
  }

  /** Nothing said. */
  // A null that a constructor is given asks for the default; NullAway has no word for that.
  @SuppressWarnings("NullAway")
  static Firmware open() {
    return new Firmware(null, null, null, null);
  }

  /** Whether Secure Boot is wanted. */
  public boolean isSecure() {
    return Boolean.TRUE.equals(secureBoot);
  }

  /** The same with Secure Boot or without, unless it says that itself. */
  public Firmware withDefaultSecureBoot(boolean usual) {
    return secureBoot != null ? this : new Firmware(type, usual, keys, certificates);
  }

  /** The same with {@code usual}, unless it has a type. */
  Firmware withDefaultType(FirmwareType usual) {
    return type != null ? this : new Firmware(usual, secureBoot, keys, certificates);
  }
}
