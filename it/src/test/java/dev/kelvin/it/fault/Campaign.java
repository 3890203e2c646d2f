package dev.kelvin.it.fault;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
import dev.kelvin.it.fault.KillSwitch.Side;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** How much a run of the tests kills and tries: all that there is takes longer than CI may. */
public enum Campaign {
  /** What CI has time for. */
  USUAL,

  /** What {@code ./dev it} does, or {@code -Dkelvin.test.thorough=true}. */
  THOROUGH;

  public static Campaign current() {
    return Boolean.getBoolean("kelvin.test.thorough") ? THOROUGH : USUAL;
  }

  private static final int SHARES = 3;

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
  public <T> List<T> chosen(List<T> all) throws InterruptedException {
    if (this == THOROUGH) {
      return all;
    }
    var commit = new Commands().run(Command.of("git", "rev-parse", "HEAD"));
    return commit.ok()
        ? share(all, Integer.parseInt(commit.stdout().substring(0, 7), 16) % SHARES)
        : all;
  }

  private static <T> List<T> share(List<T> all, int share) {
    return IntStream.range(0, all.size())
        .filter(at -> at % SHARES == share)
        .mapToObj(all::get)
        .toList();
  }
}
