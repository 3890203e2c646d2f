package dev.kelvin.state.store;

import dev.kelvin.model.Problem;

/** Is told changes. It may take its time: changes wait for it, not the store. */
@FunctionalInterface
public interface WatchListener {
  void changed(Change change);

  /**
   * The watch ended, and not because it was closed: revision-mismatch when it fell so far behind
   * that changes were compacted before they were told, unavailable when the store was closed, or
   * whatever made {@link #changed} or the store fail.
   */
  default void ended(Problem why) {}
}
