package dev.kelvin.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list.
 *
 * @param next what the next page begins after; null on the last one
 * @param revision of the store, from which a watch goes on without a gap
 * @param asOf when the store last answered the daemon, when it does not now; null when it does
 */
public record Page<T>(List<T> items, @Nullable String next, long revision, @Nullable Instant asOf) {
  public Page {
    items = List.copyOf(items);
  }
}
