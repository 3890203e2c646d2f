package dev.kelvin.qmp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for the answer to which command, and how large each may be. It is remembered also of
 * commands whose callers have given up: their answers come late, and are no fault of the peer's.
 *
 * @param <R> what a caller is told
 */
final class Callers<R> {
  /** Of so many that have given up it is remembered, the last ones. */
  static final int MOST_LATE = 64;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Waiting<R>> waiting = new HashMap<>();
  private final LinkedHashMap<String, Bounds> late = new LinkedHashMap<>();

  private record Waiting<R>(Bounds bounds, CompletableFuture<R> reply) {}

  /** An answer that was expected, and who is told; nobody when it comes late. */
  record Expected<R>(@Nullable CompletableFuture<R> caller) {}

  CompletableFuture<R> add(String id, Bounds bounds) {
    var reply = new CompletableFuture<R>();
    lock.lock();
    try {
      waiting.put(id, new Waiting<>(bounds, reply));
    } finally {
      lock.unlock();
    }
    return reply;
  }

  /**
   * A caller goes, answered or not.
   *
   * @param sent whether the peer may have the command
   */
  void leave(String id, boolean sent) {
    lock.lock();
    try {
      Waiting<R> gone = waiting.remove(id);
      if (gone != null && sent) {
        late.put(id, gone.bounds());
        if (late.size() > MOST_LATE) {
          late.pollFirstEntry();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes out whom an answer is for; null when none with this id is expected. */
  @Nullable Expected<R> take(String id) {
    lock.lock();
    try {
      Waiting<R> caller = waiting.remove(id);
      if (caller != null) {
        return new Expected<>(caller.reply());
      }
      return late.remove(id) == null ? null : new Expected<>(null);
    } finally {
      lock.unlock();
    }
  }

  /** All who wait; they stay in here. */
  List<CompletableFuture<R>> all() {
    lock.lock();
    try {
      var all = new ArrayList<CompletableFuture<R>>();
      waiting.values().forEach(one -> all.add(one.reply()));
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** The bounds of the largest answer that may come, or these if they are larger. */
  Bounds largest(Bounds least) {
    Bounds most = least;
    lock.lock();
    try {
      for (Waiting<R> one : waiting.values()) {
        most = larger(most, one.bounds());
      }
      for (Bounds one : late.values()) {
        most = larger(most, one);
      }
    } finally {
      lock.unlock();
    }
    return most;
  }

  private static Bounds larger(Bounds one, Bounds other) {
    return other.bytes() > one.bytes() ? other : one;
  }
}
