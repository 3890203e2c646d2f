package dev.kelvin.etcd;

import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.StoreProblems;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One watch: a thread that receives, over one connection after the other, and one that tells. A new
 * connection goes on after the last revision that came whole, so that nothing is lost or repeated.
 */
final class EtcdWatch implements Watch {
  private static final System.Logger LOG = System.getLogger(EtcdWatch.class.getName());
  private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(2);

  /**
   * What is watched.
   *
   * @param after the revision after which changes are told
   * @param patience how many revisions it may be behind
   * @param now the last revision that is known to the store
   */
  record Source(
      Caller caller,
      Requests requests,
      String prefix,
      long after,
      long patience,
      LongSupplier now,
      Consumer<EtcdWatch> atEnd) {}

  private final Source source;
  private final WatchListener listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  // Guarded by lock: all up to `position` is in the queue or was told.
  private final Deque<Change> queue = new ArrayDeque<>();
  private long position;
  private @Nullable WatchStream stream;
  private boolean closed;
  private @Nullable Problem ended;

  EtcdWatch(Source source, WatchListener listener) {
    this.source = source;
    this.listener = listener;
    this.position = source.after();
  }

  void start() {
    Thread.ofVirtual().name("receive-" + source.prefix()).start(this::receive);
    Thread.ofVirtual().name("watch-" + source.prefix()).start(this::tell);
  }

  private void receive() {
    long pause = FIRST_PAUSE;
    while (true) {
      WatchStream next = connect();
      if (next == null) {
        return;
      }
      boolean served = next.awaitEnd();
      if (!served) {
        source.caller().failed();
      }
      pause = served ? FIRST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
      pause(pause);
    }
  }

  /** A new stream; null when the watch is over. */
  private @Nullable WatchStream connect() {
    lock.lock();
    try {
      if (over()) {
        return null;
      }
      var opened = new WatchStream(this);
      stream = opened;
      opened.begin(source.caller().channel(), source.requests().watch(source.prefix(), position));
      return opened;
    } finally {
      lock.unlock();
    }
  }

  private void pause(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (left > 0 && !over()) {
        left = news.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that to this thread
    } finally {
      lock.unlock();
    }
  }

  /** Takes in changes of whole revisions. */
  void received(List<io.etcd.jetcd.api.Event> events, long upTo) {
    lock.lock();
    try {
      if (over()) {
        return;
      }
      for (io.etcd.jetcd.api.Event event : events) {
        Change change = source.requests().change(event);
        if (change.revision() > position) {
          queue.add(change);
        }
      }
      position = Math.max(position, upTo);
      refuseToFallBehind(position);
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The changes after where a stream began are gone. */
  void compacted(long revision) {
    end(
        StoreProblems.unknownRevision(
                revision, "changes up to revision " + revision + " are compacted")
            .problem());
  }

  /** As with a store that reads its history: who lags behind what is kept has lost the rest. */
  private void refuseToFallBehind(long now) {
    Change oldest = queue.peek();
    if (oldest != null && now - oldest.revision() > source.patience()) {
      queue.clear();
      end(EtcdProblems.tooFarBehind(oldest.revision(), now));
    }
  }

  private void tell() {
    try {
      for (Change change = next(); change != null; change = next()) {
        listener.changed(change);
      }
    } catch (RuntimeException e) {
      if (!(e instanceof ProblemException)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the listener of a watch of " + source.prefix() + " failed",
            e);
      }
      end(ProblemException.toProblem(e));
    } finally {
      source.atEnd().accept(this);
      Problem why = reason();
      if (why != null) {
        listener.ended(why);
      }
    }
  }

  /** What is to be told next; null when it is over. */
  private @Nullable Change next() {
    lock.lock();
    try {
      while (true) {
        refuseToFallBehind(source.now().getAsLong());
        if (over()) {
          return null;
        }
        Change next = queue.poll();
        if (next != null) {
          return next;
        }
        news.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean over() {
    return closed || ended != null;
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
      finish();
    } finally {
      lock.unlock();
    }
  }

  private void finish() {
    WatchStream open = stream;
    if (open != null) {
      open.cancel();
    }
    news.signalAll();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      finish();
    } finally {
      lock.unlock();
    }
  }
}
