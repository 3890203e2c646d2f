package dev.kelvin.qmp;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Events on their way to the listener. It is bounded, and whoever puts one in never waits. When
 * more than {@value #PER_NAME} of one name wait, the oldest of that name goes, so a guest that
 * makes QEMU flood one kind of event pushes out no event of another kind; when all that wait take
 * more than {@value #TOTAL} bytes, the oldest of all go. What went is counted.
 */
final class EventQueue {
  static final int PER_NAME = 256;
  static final int TOTAL = 1 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private boolean closed;
  private long dropped;
  private int bytes;

  private record Entry(QmpEvent event, int bytes) {}

  /**
   * Puts an event in.
   *
   * @param size what it takes of memory, roughly
   */
  void put(QmpEvent event, int size) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (counts.getOrDefault(event.name(), 0) >= PER_NAME) {
        dropOldest(event.name());
      }
      while (!waiting.isEmpty() && bytes + size > TOTAL) {
        counted(waiting.removeFirst(), -1);
        dropped++;
      }
      var entry = new Entry(event, size);
      waiting.addLast(entry);
      counted(entry, 1);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void dropOldest(String name) {
    Iterator<Entry> entries = waiting.iterator();
    while (entries.hasNext()) {
      Entry entry = entries.next();
      if (entry.event().name().equals(name)) {
        entries.remove();
        counted(entry, -1);
        dropped++;
        return;
      }
    }
  }

  private void counted(Entry entry, int change) {
    bytes += change * entry.bytes();
    String name = entry.event().name();
    if (counts.merge(name, change, Integer::sum) == 0) {
      counts.remove(name);
    }
  }

  /** No more will come; those that wait are still handed out. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The next event; null when the queue is closed and empty. */
  @Nullable QmpEvent take() throws InterruptedException {
    lock.lock();
    try {
      while (waiting.isEmpty()) {
        if (closed) {
          return null;
        }
        changed.await();
      }
      Entry entry = waiting.removeFirst();
      counted(entry, -1);
      return entry.event();
    } finally {
      lock.unlock();
    }
  }

  /** How many events the bounds have cost. */
  long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }
}
