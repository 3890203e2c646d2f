package dev.kelvin.it.fault;

import dev.kelvin.it.fault.KillSwitch.Side;
import java.util.EnumSet;
import java.util.Set;

/** How much a run of the tests kills: all that there is takes longer than CI may. */
enum Campaign {
  /** What CI has time for. */
  USUAL,

  /** What {@code ./dev it} does, or {@code -Dkelvin.test.thorough=true}. */
  THOROUGH;

  static Campaign current() {
    return Boolean.getBoolean("kelvin.test.thorough") ? THOROUGH : USUAL;
  }

  /** At random moments. */
  int kills() {
    return switch (this) {
      case USUAL -> 60;
      case THOROUGH -> 200;
    };
  }

  /**
   * On which sides of a write. Before it is the more dangerous one: what it tells of has happened,
   * and nobody knows of it yet.
   */
  Set<Side> sides() {
    return switch (this) {
      case USUAL -> EnumSet.of(Side.BEFORE);
      case THOROUGH -> EnumSet.allOf(Side.class);
    };
  }
}
