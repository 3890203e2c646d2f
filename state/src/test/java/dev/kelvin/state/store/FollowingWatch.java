package dev.kelvin.state.store;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Follows a prefix; now and then it lets go and goes on from the revision that it has reached. */
final class FollowingWatch {
  private final Store store;
  private final String prefix;
  private final long from;
  private final Random random;
  private final boolean restless;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private final List<Change> told = new ArrayList<>();
  private @Nullable Watch watch;
  private @Nullable Problem ended;
  private int life;

  FollowingWatch(Store store, String prefix, long from, Random random, boolean restless) {
    this.store = store;
    this.prefix = prefix;
    this.from = from;
    this.random = random;
    this.restless = restless;
    begin(from);
  }

  private void begin(long after) {
    lock.lock();
    try {
      int mine = ++life;
      watch =
          store.watch(
              prefix,
              after,
              new WatchListener() {
                @Override
                public void changed(Change change) {
                  take(mine, change);
                }

                @Override
                public void ended(Problem why) {
                  lock.lock();
                  try {
                    ended = why;
                  } finally {
                    lock.unlock();
                  }
                }
              });
    } finally {
      lock.unlock();
    }
  }

  private void take(int mine, Change change) {
    boolean again;
    lock.lock();
    try {
      if (mine != life) {
        return; // a call that was still ending
      }
      told.add(change);
      again = restless && random.nextInt(25) == 0;
      if (again && watch != null) {
        watch.close();
        life++;
      }
    } finally {
      lock.unlock();
    }
    if (again) {
      // The last change of a revision is not known to be the last: each here has one only.
      Await.until(
          "the watch goes on",
          () -> {
            try {
              begin(change.revision());
              return true;
            } catch (ProblemException e) {
              if (e.problem().code() != Code.UNAVAILABLE) {
                throw e;
              }
              return false;
            }
          });
    }
  }

  String prefix() {
    return prefix;
  }

  long from() {
    return from;
  }

  List<Change> told() {
    lock.lock();
    try {
      return List.copyOf(told);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it has told all that concerns it up to a change that concerns all of them. */
  void awaitEnd(long revision) {
    long until = "h/end".startsWith(prefix) ? revision : lastOf(revision);
    Await.until(
        "the watch of " + prefix + " tells " + until,
        () -> {
          lock.lock();
          try {
            if (ended != null) {
              throw new AssertionError("the watch has ended: " + ended.oneLine());
            }
            return until <= from || (!told.isEmpty() && told.getLast().revision() >= until);
          } finally {
            lock.unlock();
          }
        });
    lock.lock();
    try {
      if (watch != null) {
        watch.close();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The last revision that concerns this watch, by an independent one. */
  private long lastOf(long revision) {
    var recorder = new Recorder();
    try (Watch _ = store.watch("h/", Math.max(1, from), recorder)) {
      long last = 0;
      while (true) {
        Change change = recorder.next();
        if (change.key().startsWith(prefix)) {
          last = change.revision();
        }
        if (change.revision() >= revision) {
          return last;
        }
      }
    }
  }
}
