package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * How the guest is started: a kernel that is started directly, without a boot loader, or the
 * firmware's way. Paths are files of the host.
 *
 * @param kernel a Linux kernel image; null to boot from disks
 * @param initrd its initial RAM disk
 * @param cmdline its command line
 * @param menuSeconds how long the firmware offers its boot menu; null for no menu
 */
public record Boot(
    @Nullable String kernel,
    @Nullable String initrd,
    @Nullable String cmdline,
    @Nullable Integer menuSeconds) {
  public static Boot none() {
    return new Boot(null, null, null, null);
  }

  /** A kernel that is started directly. */
  public static Boot kernel(
      @Nullable String kernel, @Nullable String initrd, @Nullable String cmdline) {
    return new Boot(kernel, initrd, cmdline, null);
  }
}
