package dev.kelvin.state.engine;

import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The last changes of a store, in memory: many watches that have all but the last of them ask for
 * the same few, and need not each go to the disk for those. Holds at most {@link #REVISIONS}
 * revisions and {@link #BYTES} of values.
 */
final class Recent {
  static final int REVISIONS = 512;
  static final int BYTES = 2 << 20;

  private record Revision(long number, List<Change> changes, int bytes) {}

  private final int limit;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock: without gap, the oldest first.
  private final ArrayDeque<Revision> kept = new ArrayDeque<>();
  private int bytes;

  /**
   * Empty.
   *
   * @param keep more revisions than this are not held, as nobody may be that late
   */
  Recent(int keep) {
    limit = Math.min(REVISIONS, keep);
  }

  /** Adds the changes of the next revision. */
  void add(long number, List<Change> changes) {
    int size = 0;
    for (Change change : changes) {
      size += change instanceof Change.Put(Entry entry) ? entry.value().length : 0;
    }
    lock.lock();
    try {
      Revision last = kept.peekLast();
      if (last != null && last.number() + 1 != number) {
        kept.clear();
        bytes = 0;
      }
      kept.addLast(new Revision(number, changes, size));
      bytes += size;
      while (kept.size() > limit || (bytes > BYTES && kept.size() > 1)) {
        bytes -= kept.removeFirst().bytes();
      }
    } finally {
      lock.unlock();
    }
  }

  /** All changes after a revision; empty when some of them are no longer here. */
  Optional<Watches.Changes> after(String prefix, long revision) {
    lock.lock();
    try {
      Revision first = kept.peekFirst();
      if (first == null || revision < first.number() - 1 || revision >= kept.getLast().number()) {
        return Optional.empty();
      }
      var found = new ArrayList<Change>();
      for (var newest = kept.descendingIterator(); newest.hasNext(); ) {
        Revision one = newest.next();
        if (one.number() <= revision) {
          break;
        }
        List<Change> changes = one.changes();
        for (int i = changes.size() - 1; i >= 0; i--) {
          if (changes.get(i).key().startsWith(prefix)) {
            found.add(changes.get(i));
          }
        }
      }
      return Optional.of(new Watches.Changes(found.reversed(), kept.getLast().number()));
    } finally {
      lock.unlock();
    }
  }
}
