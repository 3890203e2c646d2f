package dev.kelvin.qemu;

/**
 * A file that a disk lives in.
 *
 * @param path absolute
 * @param format {@code raw} or {@code qcow2}; never guessed from the content
 */
public record BlockSource(String path, String format) {
  public BlockSource {
    if (!format.equals("raw") && !format.equals("qcow2")) {
      throw new IllegalArgumentException("not a format that a disk can have: " + format);
    }
  }
}
