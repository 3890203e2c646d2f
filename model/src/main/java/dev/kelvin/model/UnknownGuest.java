package dev.kelvin.model;

import java.util.List;

/**
 * A guest of this node that its store does not know: the store was lost, or is older or another
 * one. It is left alone until somebody says what shall become of it.
 *
 * @param name what it is called as far as known, else its id
 * @param pids its processes; none when it has ended meanwhile
 * @param adoptable whether enough is known to take it over
 */
public record UnknownGuest(String id, String name, List<Long> pids, boolean adoptable) {
  public static final String KIND = "UnknownGuest";

  public UnknownGuest {
    pids = pids == null ? List.of() : List.copyOf(pids);
  }
}
