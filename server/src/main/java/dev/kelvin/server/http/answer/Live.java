package dev.kelvin.server.http.answer;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What goes on at the moment: requests that will end soon by themselves, and streams and consoles
 * that have to be told to.
 */
public final class Live {
  /** Something that goes on until it is ended. */
  @FunctionalInterface
  public interface Endless {
    /** Ends it; does not wait for that. */
    void end();
  }

  private final Set<Endless> endless = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private int requests;
  private volatile boolean closed;

  public void begin() {
    lock.lock();
    try {
      requests++;
    } finally {
      lock.unlock();
    }
  }

  public void finish() {
    lock.lock();
    try {
      requests--;
      if (requests == 0) {
        idle.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  public void add(Endless one) {
    endless.add(one);
    if (closed) {
      one.end();
    }
  }

  public void remove(Endless one) {
    endless.remove(one);
    lock.lock();
    try {
      idle.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends what does not end by itself, then waits for all to be over. */
  public void close(Duration patience) throws InterruptedException {
    closed = true;
    endless.forEach(Endless::end);
    lock.lock();
    try {
      long left = patience.toNanos();
      while ((requests > 0 || !endless.isEmpty()) && left > 0) {
        left = idle.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
