package dev.kelvin.server.http.guard;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * The connections there are. When there are too many, the one on which nobody has shown the token
 * for the longest time gives way to the new one: whoever opens connections only to hold them loses
 * them, and the administrator still gets in.
 */
public final class Connections {
  private static final Logger LOG = System.getLogger(Connections.class.getName());

  private static final class One {
    final Source source;
    @Nullable EndPoint end;
    boolean known;

    One(Source source) {
      this.source = source;
    }
  }

  /** Where connections come from that count together. */
  private record Source(List<Byte> prefix) {
    static Source of(@Nullable InetAddress address) {
      byte[] all = address == null ? new byte[0] : address.getAddress();
      byte[] part = address instanceof Inet6Address ? Arrays.copyOf(all, 8) : all;
      var list = new ArrayList<Byte>();
      for (byte one : part) {
        list.add(one);
      }
      return new Source(List.copyOf(list));
    }
  }

  private final HttpLimits limits;
  private final ReentrantLock lock = new ReentrantLock();

  /** The oldest first. */
  private final Map<SelectableChannel, One> all = new LinkedHashMap<>();

  private final Map<Source, Integer> perSource = new HashMap<>();
  private int strangers;

  public Connections(HttpLimits limits) {
    this.limits = limits;
  }

  /** Whether a new connection may stay. Others may have to give way to it. */
  boolean admit(SelectableChannel channel) {
    var source = Source.of(address(channel));
    EndPoint leaves = null;
    lock.lock();
    try {
      boolean crowded = perSource.getOrDefault(source, 0) >= limits.connectionsPerAddress();
      if (crowded || all.size() >= limits.connections() || strangers >= limits.unauthenticated()) {
        One oldest = oldestStranger(crowded ? source : null);
        if (oldest == null) {
          return false;
        }
        leaves = oldest.end;
        forget(oldest);
      }
      all.put(channel, new One(source));
      perSource.merge(source, 1, Integer::sum);
      strangers++;
    } finally {
      lock.unlock();
    }
    if (leaves != null) {
      leaves.close(new IOException("it gave way to a newer connection"));
    }
    return true;
  }

  private @Nullable One oldestStranger(@Nullable Source source) {
    for (One one : all.values()) {
      if (!one.known && one.end != null && (source == null || source.equals(one.source))) {
        return one;
      }
    }
    return null;
  }

  private void forget(One one) {
    all.values().remove(one);
    perSource.computeIfPresent(one.source, (_, count) -> count == 1 ? null : count - 1);
    if (!one.known) {
      strangers--;
    }
  }

  void opened(EndPoint end) {
    lock.lock();
    try {
      One one = all.get(channel(end));
      if (one != null) {
        one.end = end;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Somebody with the token uses a connection: it gives way to none. */
  public void vouch(EndPoint end) {
    lock.lock();
    try {
      One one = all.get(channel(end));
      if (one != null && !one.known) {
        one.known = true;
        strangers--;
      }
    } finally {
      lock.unlock();
    }
  }

  void closed(@Nullable SelectableChannel channel) {
    lock.lock();
    try {
      One one = all.get(channel);
      if (one != null) {
        forget(one);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many there are. */
  public int count() {
    lock.lock();
    try {
      return all.size();
    } finally {
      lock.unlock();
    }
  }

  static @Nullable SelectableChannel channel(EndPoint end) {
    EndPoint inner = end;
    while (inner instanceof EndPoint.Wrapper wrapper) {
      inner = wrapper.unwrap();
    }
    return inner.getTransport() instanceof SelectableChannel channel ? channel : null;
  }

  private static @Nullable InetAddress address(SelectableChannel channel) {
    try {
      return channel instanceof SocketChannel socket
              && socket.getRemoteAddress() instanceof InetSocketAddress remote
          ? remote.getAddress()
          : null;
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a connection is gone before it was looked at", e);
      return null;
    }
  }
}
