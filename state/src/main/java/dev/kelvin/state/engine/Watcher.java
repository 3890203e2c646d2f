package dev.kelvin.state.engine;

import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.WatchListener;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One watch, which reads the history of its store by itself. */
final class Watcher extends TellingWatch {
  private final Watches.History history;
  private final int stride;
  private final Consumer<Watcher> atEnd;

  // Guarded by lock. Everything up to `position` has been told or does not concern this watch;
  // `wanted` is the last revision that is known to concern it.
  private long position;
  private long wanted;

  Watcher(
      String prefix,
      long after,
      WatchListener listener,
      Watches.History history,
      int stride,
      Consumer<Watcher> atEnd) {
    super(prefix, listener);
    this.position = after;
    this.wanted = after;
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
    startTelling();
  }

  void committed(long revision, List<Change> changes) {
    boolean concerned = changes.stream().anyMatch(change -> change.key().startsWith(prefix));
    lock.lock();
    try {
      boolean idle = wanted <= position;
      if (concerned) {
        wanted = Math.max(wanted, revision);
        news.signalAll();
      } else if (idle) {
        // Stays ahead of compaction without reading what does not concern it.
        position = Math.max(position, revision);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void tell(WatchListener told) {
    for (Long from = next(); from != null; from = next()) {
      Watches.Changes batch = history.changes(prefix, from, stride);
      for (Change change : batch.changes()) {
        if (over()) {
          return;
        }
        told.changed(change);
      }
      passed(batch.upTo());
    }
  }

  @Override
  protected void left() {
    atEnd.accept(this);
  }

  /** Where to read from, when there is something to read; null when it is over. */
  private @Nullable Long next() {
    lock.lock();
    try {
      while (!over() && wanted <= position) {
        news.awaitUninterruptibly();
      }
      return over() ? null : position;
    } finally {
      lock.unlock();
    }
  }

  private void passed(long upTo) {
    lock.lock();
    try {
      position = Math.max(position, upTo);
    } finally {
      lock.unlock();
    }
  }
}
