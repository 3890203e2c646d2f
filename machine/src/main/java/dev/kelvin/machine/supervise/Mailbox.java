package dev.kelvin.machine.supervise;

import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.guest.GuestNews;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the thread of a supervisor. A guest or its process may tell of more than the
 * thread can see to, as while the store is slow: of each kind of what they tell no more than
 * {@value #PER_KIND} wait, and then the oldest of that kind is forgotten. No request ever is.
 */
final class Mailbox {
  static final int PER_KIND = 64;

  sealed interface Message {
    record Ask(VmRequest request, CompletableFuture<Void> answer) implements Message {
      @Override
      public @Nullable Object kind() {
        return null;
      }
    }

    /** From the process of one start; those of earlier starts are out of date. */
    record Heard(int generation, Signal signal) implements Message {
      @Override
      public Object kind() {
        return signal.kind();
      }
    }

    record Guest(int generation, GuestNews news) implements Message {
      @Override
      public Object kind() {
        return news.getClass();
      }
    }

    /**
     * Something that an operation has done by the supervisor's thread.
     *
     * @param waiting who waits for it, also in vain
     */
    record Inside(Runnable change, CompletableFuture<Void> waiting) implements Message {
      @Override
      public @Nullable Object kind() {
        return null;
      }
    }

    /** What it is counted among; null for what is not counted. */
    @Nullable Object kind();
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Message> waiting = new ArrayDeque<>();
  private final Map<Object, Integer> counts = new HashMap<>();

  void add(Message message) {
    lock.lock();
    try {
      Object kind = message.kind();
      if (kind != null && counts.getOrDefault(kind, 0) >= PER_KIND) {
        forgetOldest(kind);
      }
      waiting.add(message);
      counted(message, 1);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void forgetOldest(Object kind) {
    Iterator<Message> messages = waiting.iterator();
    while (messages.hasNext()) {
      Message message = messages.next();
      if (kind.equals(message.kind())) {
        messages.remove();
        counted(message, -1);
        return;
      }
    }
  }

  private void counted(Message message, int change) {
    Object kind = message.kind();
    if (kind != null && counts.merge(kind, change, Integer::sum) == 0) {
      counts.remove(kind);
    }
  }

  /** The next one; null when none comes in this time. */
  @Nullable Message poll(long millis) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
      while (waiting.isEmpty() && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      return take();
    } finally {
      lock.unlock();
    }
  }

  /** The next one; null when there is none. */
  @Nullable Message poll() {
    lock.lock();
    try {
      return take();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Message take() {
    Message message = waiting.poll();
    if (message != null) {
      counted(message, -1);
    }
    return message;
  }

  boolean isEmpty() {
    lock.lock();
    try {
      return waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
