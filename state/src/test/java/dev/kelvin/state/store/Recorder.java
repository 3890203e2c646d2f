package dev.kelvin.state.store;

import dev.kelvin.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Remembers what a watch tells. */
public final class Recorder implements WatchListener {
  private static final long DEADLINE_SECONDS = 20;

  private final BlockingQueue<Change> changes = new LinkedBlockingQueue<>();
  private final CompletableFuture<Problem> ended = new CompletableFuture<>();

  @Override
  public void changed(Change change) {
    changes.add(change);
  }

  @Override
  public void ended(Problem why) {
    ended.complete(why);
  }

  /** The next change. */
  public Change next() {
    try {
      Change next = changes.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("no change was told in time");
      }
      return next;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public List<Change> next(int count) {
    List<Change> list = new ArrayList<>();
    while (list.size() < count) {
      list.add(next());
    }
    return list;
  }

  /** What was told and not asked for yet. */
  public List<Change> rest() {
    return List.copyOf(changes);
  }

  /** Why the watch ended. */
  public Problem end() {
    try {
      return ended.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the watch did not end", e);
    }
  }

  public boolean hasEnded() {
    return ended.isDone();
  }
}
