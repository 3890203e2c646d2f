package dev.kelvin.state.store;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A store whose answers to writes are lost whenever a test says so: the write is made, or is made
 * late, or never, and the caller hears the same each time.
 */
public final class SilentStore extends PassingStore {
  /** What becomes of a write. */
  public enum Fate {
    ANSWERED,
    MADE,
    LATE,
    LOST
  }

  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private final Queue<Fate> next = new ArrayDeque<>();
  private final Queue<Txn> late = new ArrayDeque<>();
  private volatile Fate fate = Fate.ANSWERED;

  public SilentStore(Store behind) {
    super(behind);
  }

  /** What becomes of every write from now on, but for those that {@link #next} names. */
  public void always(Fate each) {
    fate = each;
  }

  /** What becomes of the next writes, one each. */
  public void next(Fate... fates) {
    lock.lock();
    try {
      next.addAll(java.util.List.of(fates));
    } finally {
      lock.unlock();
    }
  }

  /** The writes that were late are made now. */
  public void deliver() {
    lock.lock();
    try {
      late.forEach(super::commit);
      late.clear();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Result commit(Txn txn) {
    Fate now = fate;
    lock.lock();
    try {
      if (!next.isEmpty()) {
        now = next.remove();
      }
      if (now == Fate.LATE) {
        late.add(txn);
      }
    } finally {
      lock.unlock();
    }
    Result result = now == Fate.ANSWERED || now == Fate.MADE ? super.commit(txn) : null;
    if (result == null || now == Fate.MADE) {
      throw StoreProblems.unknownOutcome(
          "test", "the answer was lost", new IllegalStateException("no answer"));
    }
    return result;
  }
}
