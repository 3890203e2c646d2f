package dev.kelvin.qemu;

import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.Disk;

/** What decides the kind of a machine's devices. */
public record MachineKind(Board board, boolean kvm) {
  static MachineKind of(Board board, String accelerator) {
    return new MachineKind(board, accelerator.equals("kvm"));
  }

  /** The name of a virtio device on this machine's bus. */
  String virtio(String device) {
    return "virtio-" + device + (isMicrovm() ? "-device" : "-pci");
  }

  /**
   * Whether a thread of its own serves a disk. On virtio-mmio QEMU can wake one only through KVM,
   * so a microvm on TCG has none.
   */
  public boolean hasThread(Disk disk) {
    return (!isMicrovm() || kvm) && disk.ioThread();
  }

  boolean isMicrovm() {
    return board == Board.MICROVM;
  }
}
