package dev.kelvin.host.testkit;

import dev.kelvin.host.cell.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Attacks a cell by each attempt: with all its walls, with each one alone of those that shall stop
 * it, and without all of those, where it must succeed.
 */
public final class WallsAlone {
  /** Attacks the cell without some of its walls. */
  @FunctionalInterface
  public interface Attack {
    /** What came of each attempt, by its name. */
    Map<String, String> without(Set<Layer> gone) throws IOException, InterruptedException;
  }

  private final Function<Attempt, Set<Layer>> walls;
  private final Attack attack;
  private final Map<Set<Layer>, Map<String, String>> known = new HashMap<>();

  /**
   * @param walls that shall stop an attempt, each alone; none where nothing does
   */
  public WallsAlone(Function<Attempt, Set<Layer>> walls, Attack attack) {
    this.walls = walls;
    this.attack = attack;
  }

  /** What is not as it shall be. */
  public List<String> faults() throws IOException, InterruptedException {
    var faults = new ArrayList<String>();
    for (Attempt attempt : Attempt.values()) {
      Set<Layer> stopping = walls.apply(attempt);
      for (Layer alone : stopping) {
        Set<Layer> gone = EnumSet.copyOf(stopping);
        gone.remove(alone);
        if (outcome(gone, attempt).equals(Intruder.DONE)) {
          faults.add(attempt + " is not stopped by " + alone + " alone");
        }
      }
      String open = outcome(stopping, attempt);
      if (!open.equals(Intruder.DONE)) {
        faults.add(attempt + " is no attack, as without " + stopping + ": " + open);
      }
      boolean done = outcome(Set.of(), attempt).equals(Intruder.DONE);
      if (done != stopping.isEmpty()) {
        faults.add(attempt + (done ? " is stopped by nothing" : " is stopped after all"));
      }
    }
    return faults;
  }

  private String outcome(Set<Layer> gone, Attempt attempt)
      throws IOException, InterruptedException {
    Map<String, String> all = known.get(gone);
    if (all == null) {
      all = attack.without(gone);
      known.put(Set.copyOf(gone), all);
    }
    return all.getOrDefault(attempt.name(), "nothing was said: " + all);
  }
}
