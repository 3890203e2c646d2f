package dev.kelvin.qmp;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Events on their way to the listener. It is bounded, and whoever puts one in never waits. When
 * more than {@value #PER_NAME} of one name wait, the oldest of that name goes, so a guest that
 * makes QEMU flood one kind of event pushes out no event of another kind; when all that wait take
 * more than {@value #TOTAL} bytes, the oldest of all go. Of a name that comes too often the last is
 * held, unread, and handed out when nothing else waits: it may tell how things are now. What went
 * is counted.
 */
final class EventQueue {
  static final int PER_NAME = 256;
  static final int TOTAL = 1 << 20;

  /** How many names may be held at once. */
  private static final int HELD = 64;

  private static final long HOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Function<byte[], Optional<QmpEvent>> reader;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final Map<String, Integer> counts = new HashMap<>();

  /** The last line of each name that came too often. */
  private final LinkedHashMap<String, byte[]> held = new LinkedHashMap<>();

  /** When what is held may go, by {@link System#nanoTime}. */
  private long due;

  private boolean closed;
  private long dropped;
  private int bytes;

  private record Entry(QmpEvent event, int bytes) {}

  private sealed interface Next {
    record Read(QmpEvent event) implements Next {}

    /** It is read outside the lock. */
    @SuppressWarnings("ArrayRecordComponent") // Handed on once, never compared.
    record Held(byte[] line) implements Next {}

    record End() implements Next {}
  }

  /**
   * @param reader reads a line that was held; nothing comes of one that is no event
   */
  EventQueue(Function<byte[], Optional<QmpEvent>> reader) {
    this.reader = reader;
  }

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
      if (held.remove(EventRates.slot(event.name())) != null) {
        dropped++;
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

  /**
   * Holds the line of an event that comes too often, in place of the one before it.
   *
   * @param name its name
   */
  void hold(String name, byte[] line) {
    String slot = EventRates.slot(name);
    lock.lock();
    try {
      if (closed || (held.size() == HELD && !held.containsKey(slot))) {
        dropped++;
        return;
      }
      if (held.isEmpty()) {
        due = System.nanoTime() + HOLD_NANOS;
        changed.signal();
      }
      // Behind all others: they are handed out in the order in which they came.
      if (held.putLast(slot, line) != null) {
        dropped++;
      }
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
    while (true) {
      switch (next()) {
        case Next.Read(QmpEvent event) -> {
          return event;
        }
        case Next.Held(byte[] line) -> {
          var read = reader.apply(line);
          if (read.isPresent()) {
            return read.get();
          }
        }
        case Next.End() -> {
          return null;
        }
      }
    }
  }

  private Next next() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        if (!waiting.isEmpty()) {
          Entry entry = waiting.removeFirst();
          counted(entry, -1);
          return new Next.Read(entry.event());
        }
        long left = due - System.nanoTime();
        if (held.isEmpty()) {
          if (closed) {
            return new Next.End();
          }
          changed.await();
        } else if (left > 0 && !closed) {
          changed.awaitNanos(left);
        } else {
          due = System.nanoTime() + HOLD_NANOS;
          return new Next.Held(held.pollFirstEntry().getValue());
        }
      }
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
