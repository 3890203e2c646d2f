package dev.kelvin.state.engine;

import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.LongSupplier;

/**
 * The watches of a store. Each reads the history by itself, from where it is: that leaves no room
 * for a gap or a repeat, and a slow one costs no memory. The store only wakes those that have
 * something to read. What was committed last is read from memory, all before that from the store.
 */
public final class Watches {
  /** How many revisions are read at once. */
  private static final int STRIDE = 256;

  /** The changes of some revisions, all of them. */
  public record Changes(List<Change> changes, long upTo) {}

  /** Where changes are read from. */
  public interface History {
    /**
     * The changes after {@code after}, up to {@code stride} revisions further or now.
     *
     * @throws ProblemException revision-mismatch when they are compacted
     */
    Changes changes(String prefix, long after, int stride);
  }

  private final History history;
  private final Recent recent;
  private final Set<Watcher> watchers = new CopyOnWriteArraySet<>();

  /**
   * Watches of a store.
   *
   * @param keep after how many revisions a watch is too late, from 1
   */
  public Watches(History history, int keep) {
    this.history = history;
    this.recent = new Recent(keep);
  }

  /**
   * Adds a watch.
   *
   * @param now gives the revision of the store, which is raised before {@link #committed} is called
   */
  public Watch add(String prefix, long after, WatchListener listener, LongSupplier now) {
    var watcher = new Watcher(prefix, after, listener, this::changes, STRIDE, watchers::remove);
    watchers.add(watcher);
    watcher.start(now.getAsLong());
    return watcher;
  }

  private Changes changes(String prefix, long after, int stride) {
    return recent.after(prefix, after).orElseGet(() -> history.changes(prefix, after, stride));
  }

  /** Called for each transaction in order, when its changes can be read. */
  public void committed(long revision, List<Change> changes) {
    recent.add(revision, changes);
    for (Watcher watcher : watchers) {
      watcher.committed(revision, changes);
    }
  }

  /** Ends all. */
  public void close(Problem why) {
    for (Watcher watcher : watchers) {
      watcher.end(why);
    }
  }
}
