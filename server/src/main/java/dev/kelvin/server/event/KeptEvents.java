package dev.kelvin.server.event;

import dev.kelvin.model.Event;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The last events, so many of them. When they are too many, the oldest event goes of the object
 * that has most: a guest that makes thousands of events pushes out its own. Not safe for several
 * threads.
 */
final class KeptEvents {
  private final int room;
  private final TreeMap<Long, Event> bySequence = new TreeMap<>();

  /** The sequence numbers of each object's events, the oldest first. */
  private final Map<String, Deque<Long>> byObject = new HashMap<>();

  KeptEvents(int room) {
    this.room = room;
  }

  void add(Event event) {
    bySequence.put(event.sequence(), event);
    byObject.computeIfAbsent(event.object(), object -> new ArrayDeque<>()).add(event.sequence());
    if (bySequence.size() > room) {
      Map.Entry<String, Deque<Long>> loudest = loudest();
      bySequence.remove(loudest.getValue().removeFirst());
      if (loudest.getValue().isEmpty()) {
        byObject.remove(loudest.getKey());
      }
    }
  }

  /** The object with most events; of several, the one whose oldest event is the oldest. */
  private Map.Entry<String, Deque<Long>> loudest() {
    return Collections.max(
        byObject.entrySet(),
        (one, other) -> {
          int more = Integer.compare(one.getValue().size(), other.getValue().size());
          return more != 0
              ? more
              : Long.compare(other.getValue().getFirst(), one.getValue().getFirst());
        });
  }

  /** All that are kept, the oldest first. */
  Collection<Event> all() {
    return Collections.unmodifiableCollection(bySequence.values());
  }
}
