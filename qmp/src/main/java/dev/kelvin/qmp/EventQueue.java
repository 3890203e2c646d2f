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
 * makes QEMU flood one kind of event pushes out no event of another kind; when {@value #TOTAL}
 * wait, the oldest of all goes. What went is counted.
 */
final class EventQueue {
  static final int PER_NAME = 256;
  static final int TOTAL = 8192;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<QmpEvent> waiting = new ArrayDeque<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private boolean closed;
  private long dropped;

  void put(QmpEvent event) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (counts.getOrDefault(event.name(), 0) >= PER_NAME) {
        dropOldest(event.name());
      } else if (waiting.size() >= TOTAL) {
        counted(waiting.removeFirst(), -1);
        dropped++;
      }
      waiting.addLast(event);
      counted(event, 1);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void dropOldest(String name) {
    Iterator<QmpEvent> events = waiting.iterator();
    while (events.hasNext()) {
      QmpEvent event = events.next();
      if (event.name().equals(name)) {
        events.remove();
        counted(event, -1);
        dropped++;
        return;
      }
    }
  }

  private void counted(QmpEvent event, int change) {
    if (counts.merge(event.name(), change, Integer::sum) == 0) {
      counts.remove(event.name());
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
      QmpEvent event = waiting.removeFirst();
      counted(event, -1);
      return event;
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
