package dev.kelvin.state;

import dev.kelvin.model.Task;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** Tells listeners, on a thread of its own: tasks do not wait for them. */
final class TaskNotifier implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TaskNotifier.class.getName());
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final List<TaskListener> listeners = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Optional<Task>> news = new LinkedBlockingQueue<>();
  private final Thread thread = Thread.ofVirtual().name("task-news").start(this::run);

  void add(TaskListener listener) {
    listeners.add(listener);
  }

  void changed(Task task) {
    news.add(Optional.of(task));
  }

  private void run() {
    try {
      for (Optional<Task> next = news.take(); next.isPresent(); next = news.take()) {
        for (TaskListener listener : listeners) {
          tell(listener, next.get());
        }
      }
    } catch (InterruptedException e) {
      LOG.log(System.Logger.Level.ERROR, "the thread that tells of tasks was interrupted", e);
    }
  }

  private static void tell(TaskListener listener, Task task) {
    try {
      listener.changed(task);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a listener failed on task " + task.id(), e);
    }
  }

  /** Tells what is left, for a while, then ends. */
  @Override
  public void close() {
    news.add(Optional.empty());
    try {
      if (!Thread.currentThread().equals(thread) && !thread.join(PATIENCE)) {
        LOG.log(System.Logger.Level.WARNING, "a listener of tasks does not return");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
