package dev.kelvin.state.engine;

import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The life of a watch, whatever its store: a thread tells the listener, until somebody closes it or
 * it ends by itself. The listener is told the end, and why, after the last change; of a watch that
 * is closed it hears nothing more.
 */
public abstract class TellingWatch implements Watch {
  private static final System.Logger LOG = System.getLogger(TellingWatch.class.getName());

  protected final String prefix;

  /** Guards the state, also that of the classes below. */
  protected final ReentrantLock lock = new ReentrantLock();

  /** Signalled when it is over, and by the classes below when there is something to do. */
  protected final Condition news = lock.newCondition();

  private final WatchListener listener;
  // Guarded by lock.
  private boolean closed;
  private @Nullable Problem ended;

  /**
   * A watch that does not tell yet.
   *
   * @param prefix of the keys that it is about
   */
  protected TellingWatch(String prefix, WatchListener listener) {
    this.prefix = prefix;
    this.listener = listener;
  }

  /** Begins to tell, on a thread of its own. */
  protected final void startTelling() {
    Thread.ofVirtual().name("watch-" + prefix).start(this::run);
  }

  /** Tells all changes as they come, and returns when it is over. */
  protected abstract void tell(WatchListener told);

  /** Called once when it is over, before the listener is told so. */
  protected abstract void left();

  /** Called under the lock when it is closed or ends, perhaps more than once. */
  protected void finish() {}

  private void run() {
    try {
      tell(listener);
    } catch (RuntimeException e) {
      if (!(e instanceof ProblemException)) {
        LOG.log(System.Logger.Level.WARNING, "the listener of a watch of " + prefix + " failed", e);
      }
      end(ProblemException.toProblem(e));
    } finally {
      left();
      Problem why = reason();
      if (why != null) {
        listener.ended(why);
      }
    }
  }

  protected final boolean over() {
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

  /** Ends it; the first reason counts. */
  public final void end(Problem why) {
    lock.lock();
    try {
      if (ended == null) {
        ended = why;
      }
      finish();
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final void close() {
    lock.lock();
    try {
      closed = true;
      finish();
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
