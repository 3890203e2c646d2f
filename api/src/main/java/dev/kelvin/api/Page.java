package dev.kelvin.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list.
 *
 * @param next what the next page begins after; null on the last one
 * @param revision of the store, from which a watch goes on without a gap
 */
public record Page<T>(List<T> items, @Nullable String next, long revision) {
  public Page {
    items = List.copyOf(items);
  }
}
