package dev.kelvin.server.http.guard;

import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * Requests without the token that are being answered. When there are too many, the connection of
 * the oldest is closed: a client that asks and does not read its answers holds nothing for long.
 */
public final class Strangers {
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();

  /** The oldest first. */
  private final Map<Object, EndPoint> asking = new LinkedHashMap<>();

  public Strangers(int most) {
    this.most = most;
  }

  /** A request begins; returns what to give to {@link #leave} when its answer has gone out. */
  public Object enter(EndPoint end) {
    var request = new Object();
    EndPoint leaves = null;
    lock.lock();
    try {
      asking.put(request, end);
      if (asking.size() > most) {
        leaves = oldest();
      }
    } finally {
      lock.unlock();
    }
    if (leaves != null) {
      leaves.close(new IOException("its answers waited for too long"));
    }
    return request;
  }

  private @Nullable EndPoint oldest() {
    Iterator<EndPoint> all = asking.values().iterator();
    if (!all.hasNext()) {
      return null;
    }
    EndPoint oldest = all.next();
    // Whatever else waits on that connection goes with it.
    asking.values().removeIf(oldest::equals);
    return oldest;
  }

  public void leave(Object request) {
    lock.lock();
    try {
      asking.remove(request);
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
