package dev.kelvin.state.store;

import java.util.List;

/**
 * A page of entries.
 *
 * @param entries in the order of keys
 * @param revision as of which they are; what the next page is asked with, and what a watch can
 *     follow on from
 * @param more whether there are entries after the last one of this page
 */
public record Range(List<Entry> entries, long revision, boolean more) {
  public Range {
    entries = List.copyOf(entries);
  }
}
