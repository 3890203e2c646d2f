package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** How the host's page cache is used for a disk; the words are those of qemu-img(1). */
public enum CacheMode implements WireName {
  /** Bypasses the host's page cache; flushes of the guest reach the disk. */
  NONE("none"),
  /** Through the host's page cache; flushes of the guest reach the disk. */
  WRITEBACK("writeback"),
  /** Every write reaches the disk before it is acknowledged. */
  WRITETHROUGH("writethrough"),
  /** Bypasses the page cache and every write reaches the disk first. */
  DIRECTSYNC("directsync"),
  /** Flushes are ignored: a host crash loses data. */
  UNSAFE("unsafe");

  private final String wire;

  CacheMode(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
