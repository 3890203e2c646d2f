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
import java.util.HashMap;
import java.util.Map;
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
    final Source source;
    @Nullable EndPoint end;

    One(Source source) {
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

  /** Whether a new connection may stay. Others may have to give way to it. */
  boolean admit(SelectableChannel channel) {
    return admit(channel, source(channel));
  }

  boolean admit(SelectableChannel channel, Source source) {
    if (!allowance.tryTake(source, Allowance.CONNECTION)) {
      return false;
    }
    EndPoint leaves = null;
    lock.lock();
    try {
      boolean crowded = perSource.of(source) >= limits.connectionsPerAddress();
      if (crowded
          || all.size() >= limits.connections()
          || strangers.size() >= limits.unauthenticated()) {
        SelectableChannel loser =
            crowded ? strangers.oldestOf(source, this::isOpen) : strangers.leaves(this::isOpen);
        One gone = loser == null ? null : forget(loser);
        if (gone == null) {
          allowance.giveBack(source, Allowance.CONNECTION);
          return false;
        }
        leaves = gone.end;
      }
      all.put(channel, new One(source));
      perSource.add(source, 1);
      strangers.add(channel, source);
    } finally {
      lock.unlock();
    }
    if (leaves != null) {
      leaves.close(new IOException("it gave way to a newer connection"));
    }
    return true;
  }

  /** One that is still being taken cannot be closed yet. */
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
   * @throws ProblemException too-many when the address is in debt
   */
  public void charge(EndPoint end) {
    if (mayNotAsk(end)) {
      throw Problem.of(Code.TOO_MANY, "One address asks for too much without the token")
          .because(
              "more than "
                  + limits.unauthenticatedPerSecond()
                  + " requests a second come from it (limits.unauthenticatedPerSecond)")
          .remedy("send the token with each request, or send fewer of them")
          .asException();
    }
  }

  /** As {@link #charge}, for a request that has been let in as one that may show who it is from. */
  public void chargeUnlessKnown(EndPoint end) {
    if (isStranger(end)) {
      var _ = mayNotAsk(end);
    }
  }

  private boolean mayNotAsk(EndPoint end) {
    Source source = sourceOf(end);
    if (source == null) { // it has been closed, and what came before is still read
      return true;
    }
    Allowance.Debt debt = allowance.take(source, 1);
    if (debt.most() && isStranger(end)) {
      end.close(new IOException("its address asks for too much"));
    }
    return !debt.none();
  }

  private @Nullable Source sourceOf(EndPoint end) {
    lock.lock();
    try {
      One one = all.get(channel(end));
      return one == null ? null : one.source;
    } finally {
      lock.unlock();
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
