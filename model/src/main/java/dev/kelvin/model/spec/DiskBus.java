package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** How a disk is attached. */
public enum DiskBus implements WireName {
  VIRTIO_BLK("virtio-blk"),
  VIRTIO_SCSI("virtio-scsi"),
  NVME("nvme"),
  SATA("sata"),
  /** Of i440fx only. */
  IDE("ide");

  private final String wire;

  DiskBus(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
