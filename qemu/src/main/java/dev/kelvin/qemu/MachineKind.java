package dev.kelvin.qemu;

import java.util.Optional;

/** The three families of machine types that Kelvin knows the insides of. */
enum MachineKind {
  /** PCI Express and AHCI. */
  Q35,
  /** Conventional PCI and IDE. */
  I440FX,
  /** virtio-mmio only. */
  MICROVM;

  /** The family of a machine type, be it versioned or not. */
  static Optional<MachineKind> of(String machine) {
    if (machine.equals("microvm")) {
      return Optional.of(MICROVM);
    } else if (machine.equals("q35") || machine.startsWith("pc-q35-")) {
      return Optional.of(Q35);
    } else if (machine.equals("i440fx")
        || machine.equals("pc")
        || machine.startsWith("pc-i440fx-")) {
      return Optional.of(I440FX);
    }
    return Optional.empty();
  }
}
