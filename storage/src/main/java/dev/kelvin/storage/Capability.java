package dev.kelvin.storage;

import dev.kelvin.model.WireName;

/** What a storage driver can do. Callers ask for these, never for a driver's name. */
public enum Capability implements WireName {
  /** A volume takes what was written to it, not its size. */
  THIN("thin"),
  /** A volume can be made from an image at once, sharing what neither has changed. */
  CLONE("clone"),
  /** A volume can keep its state of a moment. */
  SNAPSHOT("snapshot"),
  /** All nodes reach the same volumes. */
  SHARED("shared"),
  /** What is on the medium cannot be read without a key. */
  ENCRYPTED("encrypted"),
  /** A volume can grow while a VM runs on it. */
  RESIZE_ONLINE("resize-online");

  private final String wire;

  Capability(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
