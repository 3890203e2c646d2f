package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * What the guest reads in its SMBIOS tables (DMI) about the machine it runs on. What is null is
 * QEMU's own.
 *
 * @param manufacturer of the system (type 1)
 * @param product of the system (type 1)
 * @param version of the system (type 1)
 * @param serial number of the system (type 1)
 * @param uuid of the system (type 1); null for one that follows from the VM's id
 * @param assetTag of the chassis (type 3)
 */
public record Smbios(
    @Nullable String manufacturer,
    @Nullable String product,
    @Nullable String version,
    @Nullable String serial,
    @Nullable String uuid,
    @Nullable String assetTag) {
  public static Smbios none() {
    return new Smbios(null, null, null, null, null, null);
  }
}
