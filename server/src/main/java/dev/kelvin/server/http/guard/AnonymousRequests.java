package dev.kelvin.server.http.guard;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * Requests without the token that are being answered. When there are too many, a connection from
 * the address with most of them is closed: a client that asks and does not read its answers holds
 * nothing for long.
 */
public final class AnonymousRequests {
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Object, EndPoint> asking = new HashMap<>();
  private final Crowd<Object> crowd;

  public AnonymousRequests(int most) {
    this(most, System::nanoTime);
  }

  AnonymousRequests(int most, LongSupplier nanoTime) {
    this.most = most;
    this.crowd = new Crowd<>(nanoTime);
  }

  /** A request begins; returns what to give to {@link #leave} when its answer has gone out. */
  public Object enter(EndPoint end) {
    return enter(end, Source.of(end.getRemoteSocketAddress()));
  }

  Object enter(EndPoint end, Source source) {
    var request = new Object();
    EndPoint leaves = null;
    lock.lock();
    try {
      asking.put(request, end);
      crowd.add(request, source);
      if (asking.size() > most) {
        leaves = pushOut();
      }
    } finally {
      lock.unlock();
    }
    if (leaves != null) {
      leaves.close(new IOException("its answers waited for too long"));
    }
    return request;
  }

  private @Nullable EndPoint pushOut() {
    Object loser = crowd.leaves(_ -> true);
    EndPoint end = loser == null ? null : asking.get(loser);
    if (end != null) {
      // Whatever else waits on that connection goes with it.
      asking.entrySet().removeIf(one -> one.getValue().equals(end) && crowd.remove(one.getKey()));
    }
    return end;
  }

  public void leave(Object request) {
    lock.lock();
    try {
      asking.remove(request);
      crowd.remove(request);
    } finally {
      lock.unlock();
    }
  }

  /** How many there are. */
  public int count() {
    lock.lock();
    try {
      return asking.size();
    } finally {
      lock.unlock();
    }
  }
}
