package dev.kelvin.model.spec;

/** What a family of machines has not, and which architecture has which machines. */
final class BoardRules {
  private BoardRules() {}

  static void check(VmSpec spec, Violations violations) {
    Board board = spec.board().orElse(null);
    if (board == null) {
      return;
    }
    Architecture architecture = spec.architecture();
    violations.require(
        board.fits(architecture),
        "spec.machine",
        "there is no " + spec.machine() + " for " + architecture.wire(),
        "use "
            + (architecture.isX86() ? "q35 or i440fx" : "virt")
            + ", or leave it out and it is chosen");
    switch (board) {
      case MICROVM -> microvm(spec, violations);
      case VIRT -> virt(spec, violations);
      case Q35, I440FX -> {}
    }
  }

  private static void virt(VmSpec spec, Violations violations) {
    violations.require(
        spec.os() != GuestOs.WINDOWS,
        "spec.os",
        "the choices for windows are made for x86",
        "write other, and choose the devices that this Windows has drivers for");
    violations.require(
        spec.firmware().type() == FirmwareType.UEFI || spec.boot().kernel() != null,
        "spec.firmware.type",
        "there is no BIOS for " + spec.architecture().wire(),
        "use uefi, or start a kernel directly (spec.boot.kernel)");
    for (int i = 0; i < spec.disks().size(); i++) {
      DiskBus bus = spec.disks().get(i).bus();
      violations.require(
          bus != DiskBus.SATA && bus != DiskBus.IDE,
          "spec.disks[" + i + "].bus",
          "the machine virt has no " + bus.wire(),
          "use virtio-blk, virtio-scsi or nvme");
    }
    for (int i = 0; i < spec.cdroms().size(); i++) {
      CdromBus bus = spec.cdroms().get(i).bus();
      violations.require(
          bus == CdromBus.VIRTIO_SCSI,
          "spec.cdroms[" + i + "].bus",
          "the machine virt has no " + bus.wire(),
          "use virtio-scsi");
    }
  }

  private static void microvm(VmSpec spec, Violations violations) {
    violations.require(
        spec.boot().kernel() != null,
        "spec.boot.kernel",
        "a microvm has no boot loader",
        "name a kernel, or use the machine q35");
    violations.require(
        spec.firmware().type() == FirmwareType.BIOS,
        "spec.firmware.type",
        "a microvm has no UEFI",
        "use bios, or the machine q35");
    violations.require(
        spec.graphics().type() == GraphicsType.NONE,
        "spec.graphics.type",
        "a microvm has no screen",
        "use none, or the machine q35");
    for (int i = 0; i < spec.disks().size(); i++) {
      DiskBus bus = spec.disks().get(i).bus();
      violations.require(
          bus == DiskBus.VIRTIO_BLK || bus == DiskBus.VIRTIO_SCSI,
          "spec.disks[" + i + "].bus",
          "a microvm has no " + bus.wire(),
          "use virtio-blk or virtio-scsi, or the machine q35");
    }
    for (int i = 0; i < spec.cdroms().size(); i++) {
      violations.require(
          spec.cdroms().get(i).bus() == CdromBus.VIRTIO_SCSI,
          "spec.cdroms[" + i + "].bus",
          "a microvm has no " + spec.cdroms().get(i).bus().wire(),
          "use virtio-scsi, or the machine q35");
    }
    for (int i = 0; i < spec.nics().size(); i++) {
      violations.require(
          spec.nics().get(i).model() == NicModel.VIRTIO,
          "spec.nics[" + i + "].model",
          "a microvm has no PCI, which this card needs",
          "use virtio, or the machine q35");
    }
    long transports = mmioDevices(spec);
    violations.require(
        transports <= SpecRules.MAX_MMIO_DEVICES,
        "spec",
        "a microvm has "
            + SpecRules.MAX_MMIO_DEVICES
            + " places for devices and this one wants "
            + transports,
        "leave out disks, NICs, the RNG or the guest agent, or use the machine q35");
  }

  private static long mmioDevices(VmSpec spec) {
    long count = spec.disks().stream().filter(d -> d.bus() == DiskBus.VIRTIO_BLK).count();
    count += spec.disks().stream().anyMatch(d -> d.bus() == DiskBus.VIRTIO_SCSI) ? 1 : 0;
    count += spec.cdroms().isEmpty() ? 0 : 1;
    count += spec.cloudInit() == null ? 0 : 1;
    return count + spec.nics().size() + (spec.rng() ? 1 : 0) + (spec.guestAgent() ? 1 : 0);
  }
}
