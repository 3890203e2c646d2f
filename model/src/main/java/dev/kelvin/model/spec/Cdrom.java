package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * A CD drive.
 *
 * @param name unique among the devices of the VM; a DNS label
 * @param image of format iso that is in the drive; null for an empty drive
 * @param bus how it is attached
 * @param bootIndex order in which firmware tries devices, smallest first; null for never
 */
public record Cdrom(
    String name, @Nullable String image, CdromBus bus, @Nullable Integer bootIndex) {
  public Cdrom {
    bus = bus == null ? CdromBus.SATA : bus;
  }

  public Cdrom withImage(@Nullable String newImage) {
    return new Cdrom(name, newImage, bus, bootIndex);
  }
}
