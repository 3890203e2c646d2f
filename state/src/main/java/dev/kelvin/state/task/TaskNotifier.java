package dev.kelvin.state.task;

import dev.kelvin.model.Task;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Tells listeners, on a thread of its own: tasks do not wait for them. */
final class TaskNotifier implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TaskNotifier.class.getName());
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final List<TaskListener> listeners = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Optional<Runnable>> news = new LinkedBlockingQueue<>();

  /** Held for moments only. */
  private final ReentrantLock lock = new ReentrantLock();

  private long sequence;
  private final Thread thread = Thread.ofVirtual().name("task-news").start(this::run);

  void add(TaskListener listener) {
    listeners.add(listener);
  }

  /**
   * Tells of a task as it is now. It is looked at in here, so that whoever tells of the same task
   * at the same moment does not make it go backwards.
   */
  void changed(Supplier<Task> task, LongSupplier revision) {
    lock.lock();
    try {
      var told = new TaskNews(task.get(), ++sequence, revision.getAsLong());
      news.add(Optional.of(() -> listeners.forEach(listener -> tell(listener, told))));
    } finally {
      lock.unlock();
    }
  }

  /** Completes when all has been told that waits now. */
  CompletableFuture<Boolean> pulse() {
    var reached = new CompletableFuture<Boolean>();
    news.add(Optional.of(() -> reached.complete(true)));
    return reached;
  }

  /** Of the last news: whoever looks at tasks afterwards has seen what they told. */
  long sequence() {
    lock.lock();
    try {
      return sequence;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      for (Optional<Runnable> next = news.take(); next.isPresent(); next = news.take()) {
        next.get().run();
      }
    } catch (InterruptedException e) {
      LOG.log(System.Logger.Level.ERROR, "the thread that tells of tasks was interrupted", e);
    }
  }

  private static void tell(TaskListener listener, TaskNews news) {
    try {
      listener.told(news);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a listener failed on task " + news.task().id(), e);
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
