package dev.kelvin.it.fault;

import dev.kelvin.it.fault.KillSwitch.Side;
import dev.kelvin.qemu.testkit.Share;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** How much a run of the tests kills and tries: all that there is takes longer than CI may. */
public enum Campaign {
  /** What CI has time for. */
  USUAL,

  /** What {@code ./dev it} does, or {@code -Dkelvin.test.thorough=true}. */
  THOROUGH;

  static Campaign current() {
    return Boolean.getBoolean("kelvin.test.thorough") ? THOROUGH : USUAL;
  }

  private static final int SHARES = 4;

  /** At random moments. */
  int kills() {
    return switch (this) {
      case USUAL -> 24;
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

  /**
   * Which of many things a run has time for: all, or one in {@value #SHARES}, another share for
   * another commit. What is not in Git has them all.
   */
  public static <T> List<T> chosen(List<T> all) throws IOException, InterruptedException {
    return Share.of(all, SHARES);
  }
}
