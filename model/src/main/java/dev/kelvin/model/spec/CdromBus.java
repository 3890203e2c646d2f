package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** How a CD drive is attached. */
public enum CdromBus implements WireName {
  SATA("sata"),
  VIRTIO_SCSI("virtio-scsi"),
  IDE("ide");

  private final String wire;

  CdromBus(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
