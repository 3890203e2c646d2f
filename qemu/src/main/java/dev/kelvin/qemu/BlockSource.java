package dev.kelvin.qemu;

import org.jspecify.annotations.Nullable;

/**
 * A file that a disk lives in.
 *
 * @param path absolute
 * @param format {@code raw} or {@code qcow2}; never guessed from the content
 * @param backing the qcow2 file below it, absolute, which other VMs may read too; null for none
 */
public record BlockSource(String path, String format, @Nullable String backing) {
  public BlockSource {
    if (!format.equals("raw") && !format.equals("qcow2")) {
      throw new IllegalArgumentException("not a format that a disk can have: " + format);
    }
    if (backing != null && !format.equals("qcow2")) {
      throw new IllegalArgumentException("only qcow2 has a file below it");
    }
  }

  /** A file with nothing below it. */
  public static BlockSource of(String path, String format) {
    return new BlockSource(path, format, null);
  }
}
