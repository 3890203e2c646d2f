package dev.kelvin.machine.store;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The ids of VMs by their names, in order: so a page of a list costs as much as it has VMs, however
 * many there are. Also knows for a while what deleted VMs were called.
 */
public final class VmNames {
  /** As many as the store keeps revisions: nobody is told of earlier ends. */
  private static final int REMEMBERED = 5_000;

  private final ConcurrentNavigableMap<String, String> ids = new ConcurrentSkipListMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock: names by ids, the longest gone first.
  private final Map<String, String> gone = new LinkedHashMap<>();

  public void put(String name, String id) {
    ids.put(name, id);
  }

  /** Leaves a name alone that another VM has got meanwhile. */
  public void moved(String id, String before, String after) {
    ids.put(after, id);
    ids.remove(before, id);
  }

  public void remove(String name, String id) {
    ids.remove(name, id);
    lock.lock();
    try {
      gone.put(id, name);
      if (gone.size() > REMEMBERED) {
        gone.remove(gone.keySet().iterator().next());
      }
    } finally {
      lock.unlock();
    }
  }

  public @Nullable String id(String name) {
    return ids.get(name);
  }

  /** The ids in the order of names, beginning after a name; null for all. */
  public Collection<String> after(@Nullable String name) {
    return name == null ? ids.values() : ids.tailMap(name, false).values();
  }

  public Collection<String> names() {
    return ids.keySet();
  }

  /** What a deleted VM was called; null when that is too long ago. */
  public @Nullable String departed(String id) {
    lock.lock();
    try {
      return gone.get(id);
    } finally {
      lock.unlock();
    }
  }
}
