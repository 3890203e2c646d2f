package dev.kelvin.server.local;

import dev.kelvin.model.Task;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import dev.kelvin.server.event.ItemQueue;
import dev.kelvin.state.TaskEngine;
import dev.kelvin.state.TaskListener;
import dev.kelvin.state.TaskNews;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tasks as they are, then their changes, progress included. What one client is told of a task is
 * never older than what it was told before, and neither are the ids, which are revisions of the
 * store.
 */
final class TaskWatches implements TaskListener {
  private static final class TaskWatch {
    private final ItemQueue queue;
    private final Query query;
    private final ReentrantLock lock = new ReentrantLock();

    /** The last of what comes of each task before the list does; null afterwards. */
    private @Nullable Map<String, TaskNews> early = new LinkedHashMap<>();

    private long upTo;
    private long lastId;

    TaskWatch(ItemQueue queue, Query query) {
      this.queue = queue;
      this.query = query;
    }

    void tell(TaskNews news) {
      lock.lock();
      try {
        if (early != null) {
          early.put(news.task().id(), news);
        } else if (news.sequence() > upTo) {
          offer(news.task(), news.revision());
        }
      } finally {
        lock.unlock();
      }
    }

    void begin(TaskEngine.Snapshot all, long revision) {
      lock.lock();
      try {
        Map<String, TaskNews> waiting = early == null ? Map.of() : early;
        early = null;
        upTo = all.upTo();
        lastId = revision;
        all.tasks().forEach(task -> offer(task, revision));
        waiting.values().forEach(this::tell);
      } finally {
        lock.unlock();
      }
    }

    private void offer(Task task, long revision) {
      if (Selection.matches(task, query)) {
        lastId = Math.max(lastId, revision);
        queue.offer(new Item(lastId, "put", task));
      }
    }
  }

  private final List<TaskWatch> all = new CopyOnWriteArrayList<>();
  private final LongSupplier revision;

  /**
   * One that nobody asks yet.
   *
   * @param revision of the store
   */
  TaskWatches(LongSupplier revision) {
    this.revision = revision;
  }

  Subscription begin(Query query, Supplier<TaskEngine.Snapshot> tasks) {
    var holder = new AtomicReference<TaskWatch>();
    var queue = new ItemQueue(() -> all.remove(holder.get()));
    var watch = new TaskWatch(queue, query);
    holder.set(watch);
    all.add(watch);
    try {
      // Before the tasks are looked at: what is written meanwhile has a later one.
      long now = revision.getAsLong();
      watch.begin(tasks.get(), now);
    } catch (RuntimeException e) {
      all.remove(watch);
      throw e;
    }
    return queue;
  }

  @Override
  public void told(TaskNews news) {
    all.forEach(watch -> watch.tell(news));
  }

  @Override
  public void changed(Task task) {
    throw new UnsupportedOperationException("it wants the news");
  }

  /** How many clients watch. */
  int count() {
    return all.size();
  }
}
