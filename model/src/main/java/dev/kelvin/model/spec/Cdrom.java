package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * A CD drive.
 *
 * @param name unique among the devices of the VM; a DNS label
 * @param image of format iso that is in the drive; null for an empty drive
 * @param bus how it is attached; a spec that the drive is in chooses it when it is left out
 * @param bootIndex order in which firmware tries devices, smallest first; null for never
 */
public record Cdrom(
    String name, @Nullable String image, CdromBus bus, @Nullable Integer bootIndex) {
  /** On {@code bus}, or with null on the one that the spec around it chooses. */
  // A null that a constructor is given asks for the default; NullAway has no word for that.
  @SuppressWarnings("NullAway")
  public static Cdrom of(
      String name, @Nullable String image, @Nullable CdromBus bus, @Nullable Integer bootIndex) {
    return new Cdrom(name, image, bus, bootIndex);
  }

  /** The same on {@code usual}, unless it has a bus. */
  Cdrom withDefaultBus(CdromBus usual) {
    return bus != null ? this : new Cdrom(name, image, usual, bootIndex);
  }

  public Cdrom withImage(@Nullable String newImage) {
    return new Cdrom(name, newImage, bus, bootIndex);
  }
}
