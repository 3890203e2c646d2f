package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What will run in the guest: it chooses what the spec leaves open. */
public enum GuestOs implements WireName {
  /** Any current Linux: virtio everywhere. */
  LINUX("linux"),
  /** Debian; the same choices as Linux. */
  DEBIAN("debian"),
  /** Windows 10, 11 and Server: what its installer has drivers for, Hyper-V's interfaces, UEFI. */
  WINDOWS("windows"),
  /** FreeBSD and its relatives: virtio, and a CD drive on SATA. */
  FREEBSD("freebsd"),
  /** Anything older or rarer: the devices of an old PC, which every system knows. */
  OTHER("other");

  private final String wire;

  GuestOs(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
