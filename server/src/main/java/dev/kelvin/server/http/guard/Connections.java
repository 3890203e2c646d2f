package dev.kelvin.server.http.guard;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * The connections there are. When there are too many, one on which nobody has shown the token gives
 * way to the new one, of those from the address that has most of them: whoever opens connections
 * only to hold them loses them, and the administrator still gets in.
 */
public final class Connections {
  private static final Logger LOG = System.getLogger(Connections.class.getName());

  private static final class One {
    final SelectableChannel channel;
    final Source source;
    @Nullable EndPoint end;

    /** Whether it stands in the queue of those whose address is in debt. */
    boolean waits;

    One(SelectableChannel channel, Source source) {
      this.channel = channel;
      this.source = source;
    }
  }

  private final HttpLimits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<SelectableChannel, One> all = new HashMap<>();
  private final Tally<Source> perSource = new Tally<>();

  /** Those on which nobody has shown the token. */
  private final Crowd<SelectableChannel> strangers;

  private final Allowance allowance;

  public Connections(HttpLimits limits) {
    this(limits, System::nanoTime);
  }

  Connections(HttpLimits limits, LongSupplier nanoTime) {
    this.limits = limits;
    this.strangers = new Crowd<>(nanoTime);
    this.allowance = new Allowance(limits.unauthenticatedPerSecond(), nanoTime);
  }

  /**
   * Whether a new connection may stay, and when it is its turn.
   *
   * @param delay after which {@link #comesOn} is to be called; zero when its turn is now
   */
  record Admission(boolean stays, Duration delay) {
    static final Admission REFUSED = new Admission(false, Duration.ZERO);
  }

  /** Takes a new connection if it may stay. Others may have to give way to it. */
  Admission admit(SelectableChannel channel) {
    return admit(channel, source(channel));
  }

  Admission admit(SelectableChannel channel, Source source) {
    Optional<Allowance.Debt> taken = allowance.tryTake(source, Allowance.CONNECTION);
    if (taken.isEmpty()) {
      // More come than can be served: each has a chance, and none waits in vain.
      return Admission.REFUSED;
    }
    Allowance.Debt debt = taken.get();
    One leaves = null;
    lock.lock();
    try {
      boolean crowded = perSource.of(source) >= limits.connectionsPerAddress();
      if (crowded
          || all.size() >= limits.connections()
          || strangers.size() >= limits.unauthenticated()) {
        SelectableChannel loser =
            crowded ? strangers.oldestOf(source, this::isOpen) : strangers.leaves(this::isOpen);
        leaves = loser == null ? null : forget(loser);
        if (leaves == null) {
          return Admission.REFUSED;
        }
      }
      var one = new One(channel, source);
      one.waits = !debt.none();
      all.put(channel, one);
      perSource.add(source, 1);
      strangers.add(channel, source);
    } finally {
      lock.unlock();
    }
    if (leaves != null && leaves.end != null) {
      leaves.end.close(new IOException("it gave way to a newer connection"));
    }
    return new Admission(true, debt.lasts());
  }

  /** The turn of a connection has come; false when the end of all has come before. */
  boolean comesOn(SelectableChannel channel) {
    lock.lock();
    try {
      One one = all.get(channel);
      if (one == null) {
        return false;
      }
      one.waits = false;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends those whose turn has not come. */
  void endWaiting() {
    List<One> ended;
    lock.lock();
    try {
      ended = all.values().stream().filter(one -> one.waits).toList();
      ended.forEach(one -> forget(one.channel));
    } finally {
      lock.unlock();
    }
    for (One one : ended) {
      try {
        one.channel.close();
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "a connection that waited is gone", e);
      }
    }
  }

  /** One that waits, or is being taken, cannot give way: it would never have its turn. */
  private boolean isOpen(SelectableChannel channel) {
    One one = all.get(channel);
    return one != null && one.end != null;
  }

  private @Nullable One forget(SelectableChannel channel) {
    One one = all.remove(channel);
    if (one != null) {
      perSource.take(one.source, 1);
      strangers.remove(channel);
    }
    return one;
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
    SelectableChannel channel = channel(end);
    if (channel == null) {
      return;
    }
    lock.lock();
    try {
      One one = all.get(channel);
      if (one != null && strangers.remove(channel)) {
        allowance.giveBack(one.source, Allowance.CONNECTION);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a request without the token out of what its address is allowed. A connection that goes on
   * with them, and on which nobody has shown the token, is closed.
   *
   * @throws ProblemException too-many when the address is in debt, or all of them together are
   */
  public void charge(EndPoint end) {
    Allowance.Debt debt = allowance.take(Source.of(end.getRemoteSocketAddress()), 1);
    if (debt.none()) {
      return;
    }
    if (debt.ownIsMost() && isStranger(end)) {
      end.close(new IOException("its address asks for too much"));
    }
    throw Problem.of(Code.TOO_MANY, "Too much is asked for without the token")
        .because(
            "more than "
                + limits.unauthenticatedPerSecond()
                + " requests a second come from one address, or some times as many from all"
                + " (limits.unauthenticatedPerSecond)")
        .remedy("send the token with each request, or send fewer of them")
        .asException();
  }

  /** As {@link #charge} for what was let in before: nothing for one that is a stranger no more. */
  public void chargeLate(EndPoint end) {
    if (isStranger(end)) {
      var _ = allowance.take(Source.of(end.getRemoteSocketAddress()), 1);
    }
  }

  private boolean isStranger(EndPoint end) {
    SelectableChannel channel = channel(end);
    lock.lock();
    try {
      return channel != null && strangers.has(channel);
    } finally {
      lock.unlock();
    }
  }

  void closed(@Nullable SelectableChannel channel) {
    if (channel == null) {
      return;
    }
    lock.lock();
    try {
      var _ = forget(channel);
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

  /** How many addresses they come from. */
  int sources() {
    lock.lock();
    try {
      return perSource.size();
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

  private static Source source(SelectableChannel channel) {
    try {
      return Source.of(channel instanceof SocketChannel socket ? socket.getRemoteAddress() : null);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a connection is gone before it was looked at", e);
      return Source.of((SocketAddress) null);
    }
  }
}
