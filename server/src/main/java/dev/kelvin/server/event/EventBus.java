package dev.kelvin.server.event;

import dev.kelvin.model.Event;
import dev.kelvin.model.Task;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Events of this daemon's run. The last are kept, so that a client that lost its connection misses
 * none (see {@link KeptEvents}).
 */
public final class EventBus {
  static final int KEPT = 4096;

  private record Listener(ItemQueue queue, Predicate<Event> wanted) {}

  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final KeptEvents kept = new KeptEvents(KEPT);
  private final List<Listener> listeners = new ArrayList<>();

  /**
   * Of tasks that have not ended, the oldest first. Of one that is withdrawn nobody tells an end:
   * so only so many are kept.
   */
  private final Map<String, Task.TaskState> lastStates = new LinkedHashMap<>();

  private long sequence;

  public EventBus(Clock clock) {
    this.clock = clock;
  }

  public void publish(String type, String object, String message, Map<String, String> data) {
    lock.lock();
    try {
      var event = new Event(++sequence, clock.instant(), type, object, message, data);
      kept.add(event);
      for (Listener listener : listeners) {
        if (listener.wanted().test(event)) {
          listener.queue().offer(item(event));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private static Item item(Event event) {
    return new Item(event.sequence(), event.type(), event);
  }

  /** Tells of a task when its state is another one than before. */
  public void taskChanged(Task task) {
    lock.lock();
    try {
      Task.TaskState before = lastStates.put(task.id(), task.state());
      if (task.state().ended()) {
        lastStates.remove(task.id());
      } else if (lastStates.size() > KEPT) {
        lastStates.remove(lastStates.keySet().iterator().next());
      }
      if (before == task.state()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    String message = task.type() + " " + task.state().wire();
    if (task.problem() != null) {
      message += ": " + task.problem().oneLine();
    }
    publish(
        "task." + task.state().wire(),
        task.object(),
        message,
        Map.of("task", task.id(), "taskType", task.type()));
  }

  /**
   * Events from now on, after those that are kept and that the client has not seen.
   *
   * @param afterSequence the last event that the client has seen; null for new ones only
   * @param object only events of this object; null for all
   */
  public Subscription subscribe(@Nullable Long afterSequence, @Nullable String object) {
    Predicate<Event> wanted = event -> object == null || event.object().equals(object);
    lock.lock();
    try {
      var holder = new Listener[1];
      var queue = new ItemQueue(() -> remove(holder[0]));
      holder[0] = new Listener(queue, wanted);
      if (afterSequence != null) {
        kept.all().stream()
            .filter(event -> event.sequence() > afterSequence || afterSequence > sequence)
            .filter(wanted)
            .forEach(event -> queue.offer(item(event)));
      }
      listeners.add(holder[0]);
      return queue;
    } finally {
      lock.unlock();
    }
  }

  /** Of how many tasks the last state is kept. */
  int statesKept() {
    lock.lock();
    try {
      return lastStates.size();
    } finally {
      lock.unlock();
    }
  }

  private void remove(Listener listener) {
    lock.lock();
    try {
      listeners.remove(listener);
    } finally {
      lock.unlock();
    }
  }
}
