package dev.kelvin.state.engine;

import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One watch and its thread. */
final class Watcher implements Watch {
  private static final System.Logger LOG = System.getLogger(Watcher.class.getName());

  private final String prefix;
  private final WatchListener listener;
  private final Watches.History history;
  private final int stride;
  private final Consumer<Watcher> atEnd;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  // Guarded by lock. Everything up to `position` has been told or does not concern this watch;
  // `wanted` is the last revision that is known to concern it.
  private long position;
  private long wanted;
  private boolean closed;
  private @Nullable Problem ended;

  Watcher(
      String prefix,
      long after,
      WatchListener listener,
      Watches.History history,
      int stride,
      Consumer<Watcher> atEnd) {
    this.prefix = prefix;
    this.position = after;
    this.wanted = after;
    this.listener = listener;
    this.history = history;
    this.stride = stride;
    this.atEnd = atEnd;
  }

  /**
   * Begins to tell.
   *
   * @param now a revision of the store that it had after {@link #committed} could be called
   */
  void start(long now) {
    lock.lock();
    try {
      wanted = Math.max(wanted, now);
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("watch-" + prefix).start(this::run);
  }

  void committed(long revision, List<Change> changes) {
    boolean concerned = changes.stream().anyMatch(change -> change.key().startsWith(prefix));
    lock.lock();
    try {
      boolean idle = wanted <= position;
      if (concerned) {
        wanted = Math.max(wanted, revision);
        news.signal();
      } else if (idle) {
        // Stays ahead of compaction without reading what does not concern it.
        position = Math.max(position, revision);
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      for (Long from = next(); from != null; from = next()) {
        Watches.Changes batch = history.changes(prefix, from, stride);
        for (Change change : batch.changes()) {
          if (over()) {
            return;
          }
          listener.changed(change);
        }
        told(batch.upTo());
      }
    } catch (RuntimeException e) {
      if (!(e instanceof ProblemException)) {
        LOG.log(System.Logger.Level.WARNING, "the listener of a watch of " + prefix + " failed", e);
      }
      end(ProblemException.toProblem(e));
    } finally {
      atEnd.accept(this);
      Problem why = reason();
      if (why != null) {
        listener.ended(why);
      }
    }
  }

  /** Where to read from, when there is something to read; null when it is over. */
  private @Nullable Long next() {
    lock.lock();
    try {
      while (!closed && ended == null && wanted <= position) {
        news.awaitUninterruptibly();
      }
      return closed || ended != null ? null : position;
    } finally {
      lock.unlock();
    }
  }

  private void told(long upTo) {
    lock.lock();
    try {
      position = Math.max(position, upTo);
    } finally {
      lock.unlock();
    }
  }

  private boolean over() {
    lock.lock();
    try {
      return closed || ended != null;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Problem reason() {
    lock.lock();
    try {
      return closed ? null : ended;
    } finally {
      lock.unlock();
    }
  }

  void end(Problem why) {
    lock.lock();
    try {
      if (ended == null) {
        ended = why;
      }
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      news.signal();
    } finally {
      lock.unlock();
    }
  }
}
