package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The kind of CPU that the guest is made for. */
public enum Architecture implements WireName {
  X86_64("x86_64", "qemu-system-x86_64"),
  /** 32-bit x86. Its emulator shows a CPU without long mode, so that a guest finds what it asks. */
  I386("i386", "qemu-system-i386"),
  /** 64-bit ARM. */
  AARCH64("aarch64", "qemu-system-aarch64");

  private final String wire;
  private final String program;

  Architecture(String wire, String program) {
    this.wire = wire;
    this.program = program;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** The emulator of QEMU for it. */
  public String program() {
    return program;
  }

  public boolean isX86() {
    return this != AARCH64;
  }
}
