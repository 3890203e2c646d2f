package dev.kelvin.model.spec;

import dev.kelvin.model.ByteSize;

/**
 * Main memory of the guest.
 *
 * @param size a whole number of MiB
 * @param hugePages whether it comes from the host's reserved huge pages
 */
// A null that a constructor is given asks it for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record Memory(ByteSize size, Boolean hugePages) {
  public Memory {
    size = size == null ? ByteSize.ofGiB(1) : size;
    hugePages = hugePages == null ? Boolean.FALSE : hugePages;
  }

  public static Memory of(ByteSize size) {
    return new Memory(size, null);
  }
}
