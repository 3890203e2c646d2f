package dev.kelvin.model;

import java.util.Locale;

/** What the file of a disk is packed with; the file's ending says it. */
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

  /** What the name of a file ends in that is packed with it; empty for one that is not. */
  public String ending() {
    return ending;
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
