package dev.kelvin.machine.supervise;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread of a supervisor, which is there only while it has something to do: of thousands of VMs
 * that do not run each would hold some kilobytes for its thread's stack. What one thread has
 * written the next one sees.
 */
final class WorkerThread {
  private final Runnable work;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private @Nullable Thread thread;
  private boolean open;

  private volatile boolean closed;

  /**
   * Not open yet.
   *
   * @param work returns when {@link #over} has said so, or after {@link #end}
   */
  WorkerThread(Runnable work) {
    this.work = work;
  }

  /** From now on there may be a thread. */
  void open() {
    lock.lock();
    try {
      open = true;
    } finally {
      lock.unlock();
    }
  }

  /** Sees to it that there is a thread, unless it is closed; called after work was added. */
  void wake(String name) {
    lock.lock();
    try {
      if (open && !closed && thread == null) {
        thread = Thread.ofVirtual().name(name).start(work);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the thread that asks has to end now, since nothing is left to do. */
  boolean over(BooleanSupplier nothingToDo) {
    lock.lock();
    try {
      boolean over = nothingToDo.getAsBoolean();
      if (over) {
        thread = null;
      }
      return over;
    } finally {
      lock.unlock();
    }
  }

  /** There will be no thread any more; the present one is interrupted. */
  void interrupt() {
    lock.lock();
    try {
      closed = true;
      if (thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * As {@link #interrupt}, and waits for the thread.
   *
   * @return false when it does not end in time
   */
  boolean close(Duration patience) {
    Thread last;
    lock.lock();
    try {
      closed = true;
      last = thread;
    } finally {
      lock.unlock();
    }
    if (last != null) {
      last.interrupt();
      try {
        return last.join(patience);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return true;
  }

  /** As {@link #close}, by the thread itself, which ends after this. */
  void end() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }
}
