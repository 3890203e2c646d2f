package dev.kelvin.server.local.watch;

import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import dev.kelvin.server.event.ItemQueue;
import dev.kelvin.state.task.TaskEngine;
import dev.kelvin.state.task.TaskListener;
import dev.kelvin.state.task.TaskNews;
import java.util.HashMap;
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
public final class TaskWatches implements TaskListener {
  private static final class TaskWatch {
    private final ItemQueue queue;
    private final Query query;
    private final ReentrantLock lock = new ReentrantLock();

    /** The last of what comes of each task before the list does; null afterwards. */
    private @Nullable Map<String, TaskNews> early = new LinkedHashMap<>();

    /** The tasks of the list, as long as what comes of them may be older than that. */
    private final Map<String, Task> listed = new HashMap<>();

    private long upTo;
    private long notAfter;
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
        } else if (news.sequence() > upTo && !isOlder(news)) {
          offer(news.task(), news.revision());
        }
      } finally {
        lock.unlock();
      }
    }

    private boolean isOlder(TaskNews news) {
      if (news.sequence() > notAfter) {
        listed.clear();
      }
      Task known = listed.get(news.task().id());
      if (known != null && Age.of(news.task()).compareTo(Age.of(known)) < 0) {
        return true;
      }
      listed.replace(news.task().id(), news.task());
      return false;
    }

    void begin(TaskEngine.Snapshot all, long revision) {
      lock.lock();
      try {
        Map<String, TaskNews> waiting = early == null ? Map.of() : early;
        early = null;
        upTo = all.upTo();
        notAfter = all.notAfter();
        if (notAfter > upTo) {
          all.tasks().forEach(task -> listed.put(task.id(), task));
        }
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

  /** How far a task is on its way; neither part ever falls. */
  private record Age(TaskState state, int steps) implements Comparable<Age> {
    static Age of(Task task) {
      return new Age(task.state(), task.steps().stream().mapToInt(Age::of).sum());
    }

    private static int of(Task.TaskStep step) {
      return switch (step.state()) {
        case PENDING -> 0;
        case RUNNING -> 1;
        case DONE -> 2;
        case FAILED -> 3;
        case UNDONE -> 4;
      };
    }

    @Override
    public int compareTo(Age other) {
      int byState = state.compareTo(other.state);
      return byState == 0 ? Integer.compare(steps, other.steps) : byState;
    }
  }

  private final List<TaskWatch> all = new CopyOnWriteArrayList<>();
  private final LongSupplier revision;

  /**
   * One that nobody asks yet.
   *
   * @param revision of the store
   */
  public TaskWatches(LongSupplier revision) {
    this.revision = revision;
  }

  public Subscription begin(Query query, Supplier<TaskEngine.Snapshot> tasks) {
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

  /** How many clients watch. */
  int count() {
    return all.size();
  }
}
