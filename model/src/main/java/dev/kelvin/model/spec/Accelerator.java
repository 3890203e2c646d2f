package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** What executes the guest's instructions. */
public enum Accelerator implements WireName {
  /** The best that is proven to work on the host. */
  AUTO("auto"),
  /** Hardware virtualization; starting fails where it is not proven to work. */
  KVM("kvm"),
  /** Software emulation. */
  TCG("tcg");

  private final String wire;

  Accelerator(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
