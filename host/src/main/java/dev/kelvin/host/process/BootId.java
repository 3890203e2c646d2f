package dev.kelvin.host.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells one boot of the host from all others (proc_sys_kernel(5), random/boot_id). */
public final class BootId {
  private static final Path FILE = Path.of("/proc/sys/kernel/random/boot_id");

  private BootId() {}

  /** That of the boot that lasts. */
  public static String current() throws IOException {
    return Files.readString(FILE).strip();
  }
}
