package dev.kelvin.etcd;

import dev.kelvin.state.engine.TellingWatch;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.StoreProblems;
import dev.kelvin.state.store.WatchListener;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One watch: a thread that receives, over one connection after the other, and one that tells. A new
 * connection goes on after the last revision that came whole, so that nothing is lost or repeated.
 */
final class EtcdWatch extends TellingWatch {
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
  // Guarded by lock: all up to `position` is in the queue or was told.
  private final Deque<Change> queue = new ArrayDeque<>();
  private long position;
  private @Nullable WatchStream stream;

  EtcdWatch(Source source, WatchListener listener) {
    super(source.prefix(), listener);
    this.source = source;
    this.position = source.after();
  }

  void start() {
    Thread.ofVirtual().name("receive-" + prefix).start(this::receive);
    startTelling();
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
      opened.begin(source.caller().channel(), source.requests().watch(prefix, position));
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

  @Override
  protected void tell(WatchListener told) {
    for (Change change = next(); change != null; change = next()) {
      told.changed(change);
    }
  }

  @Override
  protected void left() {
    source.atEnd().accept(this);
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

  @Override
  protected void finish() {
    WatchStream open = stream;
    if (open != null) {
      open.cancel();
    }
  }
}
