package dev.kelvin.image.bulk;

import dev.kelvin.model.WireName;
import java.util.Locale;

/** What a published file is packed with; the file's ending says it. */
public enum Compression implements WireName {
  NONE("none", ""),
  XZ("xz", ".xz"),
  ZSTD("zstd", ".zst"),
  GZIP("gzip", ".gz"),
  BZIP2("bzip2", ".bz2");

  private final String wire;
  private final String ending;

  Compression(String wire, String ending) {
    this.wire = wire;
    this.ending = ending;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** What a file of this name is packed with. */
  public static Compression of(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    for (Compression one : values()) {
      if (one != NONE && name.endsWith(one.ending)) {
        return one;
      }
    }
    return NONE;
  }

  /** The name of the file that is inside. */
  public String inside(String fileName) {
    return fileName.substring(0, fileName.length() - ending.length());
  }
}
