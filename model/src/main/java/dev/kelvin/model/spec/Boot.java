package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * A kernel that is started directly, without a boot loader. Paths are files of the host.
 *
 * @param kernel a Linux kernel image; null to boot from disks
 * @param initrd its initial RAM disk
 * @param cmdline its command line
 */
public record Boot(@Nullable String kernel, @Nullable String initrd, @Nullable String cmdline) {
  public static Boot none() {
    return new Boot(null, null, null);
  }
}
