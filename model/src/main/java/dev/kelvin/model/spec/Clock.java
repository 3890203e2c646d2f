package dev.kelvin.model.spec;

/**
 * The guest's clocks. What is left out is chosen by {@link GuestOs}.
 *
 * @param base what the hardware clock shows
 * @param hpet whether there is a High Precision Event Timer; x86 machines with PCI only
 * @param catchUp whether interrupts of the hardware clock that the guest missed are made up for
 */
public record Clock(ClockBase base, Boolean hpet, Boolean catchUp) {
  // A null that a constructor is given asks for the default; NullAway has no word for that.
  @SuppressWarnings("NullAway")
  static Clock open() {
    return new Clock(null, null, null);
  }

  Clock withDefaults(ClockBase newBase, boolean newHpet, boolean newCatchUp) {
    return new Clock(
        base == null ? newBase : base,
        hpet == null ? (Boolean) newHpet : hpet,
        catchUp == null ? (Boolean) newCatchUp : catchUp);
  }
}
