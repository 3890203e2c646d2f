package dev.kelvin.model.spec;

import java.util.Optional;

/** The families of machine types that Kelvin knows the insides of. */
public enum Board {
  /** PCI Express and AHCI, for x86. */
  Q35,
  /** Conventional PCI and IDE, for x86. */
  I440FX,
  /** virtio-mmio only, for x86. */
  MICROVM,
  /** PCI Express without legacy devices, for aarch64. */
  VIRT;

  /** The family of a machine type, be it versioned or not. */
  public static Optional<Board> of(String machine) {
    if (machine.equals("microvm")) {
      return Optional.of(MICROVM);
    } else if (machine.equals("q35") || machine.startsWith("pc-q35-")) {
      return Optional.of(Q35);
    } else if (machine.equals("i440fx")
        || machine.equals("pc")
        || machine.startsWith("pc-i440fx-")) {
      return Optional.of(I440FX);
    } else if (machine.equals("virt") || machine.startsWith("virt-")) {
      return Optional.of(VIRT);
    }
    return Optional.empty();
  }

  /** Whether an architecture has such machines. */
  public boolean fits(Architecture architecture) {
    return switch (this) {
      case Q35, I440FX -> architecture.isX86();
      case MICROVM -> architecture == Architecture.X86_64;
      case VIRT -> architecture == Architecture.AARCH64;
    };
  }

  /** Whether it has PCI Express, with a port for each device that can be plugged in. */
  public boolean hasPorts() {
    return this == Q35 || this == VIRT;
  }
}
