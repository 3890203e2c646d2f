package dev.kelvin.state.engine;

import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Lease;
import dev.kelvin.state.store.StoreProblems;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** When leases expire. The store decides; this only watches the clock. */
public final class Leases implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Leases.class.getName());
  private static final Duration TICK = Duration.ofMillis(100);

  private final InstantSource clock;
  private final Consumer<Lease> expire;
  private final Map<Long, Instant> deadlines = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile boolean closed;

  /**
   * Begins to watch the clock.
   *
   * @param expire is called for a lease after its deadline, again until it is {@link #forget
   *     forgotten}
   */
  public Leases(InstantSource clock, Consumer<Lease> expire) {
    this.clock = clock;
    this.expire = expire;
    this.thread = Thread.ofVirtual().name("leases").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** Sets the deadline of a lease that is new or just read from the file. */
  public void begin(Lease lease) {
    deadlines.put(lease.id(), clock.instant().plus(lease.ttl()));
    LockSupport.unpark(thread);
  }

  /**
   * Sets the deadline anew.
   *
   * @throws ProblemException not-found
   */
  public void keepAlive(Lease lease) {
    Instant now = clock.instant();
    Instant deadline =
        deadlines.computeIfPresent(
            lease.id(), (id, old) -> old.isAfter(now) ? now.plus(lease.ttl()) : old);
    if (deadline == null || !deadline.isAfter(now)) {
      throw StoreProblems.leaseGone(lease.id());
    }
  }

  public boolean expired(long id) {
    Instant deadline = deadlines.get(id);
    return deadline != null && !deadline.isAfter(clock.instant());
  }

  public void forget(long id) {
    deadlines.remove(id);
  }

  private void run() {
    while (!closed) {
      if (deadlines.isEmpty()) {
        LockSupport.park();
        continue;
      }
      LockSupport.parkNanos(TICK.toNanos());
      for (long id : deadlines.keySet()) {
        if (!closed && expired(id)) {
          try {
            expire.accept(new Lease(id, Duration.ZERO));
          } catch (ProblemException e) {
            LOG.log(System.Logger.Level.WARNING, "lease " + id + " cannot be ended yet", e);
          }
        }
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
