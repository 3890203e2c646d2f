package dev.kelvin.qmp;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory that all peers of one kind together may make this process hold with what they say.
 * Each has a little of its own beside it, so that most messages take nothing from here. Whoever
 * needs more than is left waits a moment for others to give back, then loses its connection.
 */
public final class Budget {
  private static final int UNIT = 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final int units;
  private final Semaphore free;

  public Budget(long bytes) {
    units = Math.toIntExact(bytes / UNIT);
    free = new Semaphore(units, true);
  }

  /** One that a peer by itself does not exhaust. */
  static Budget forOne() {
    return new Budget(256L << 20);
  }

  /** How many bytes nobody has taken. */
  public long left() {
    return (long) free.availablePermits() * UNIT;
  }

  /** What one peer has taken. Used by one thread at a time; {@link Share} by any. */
  final class Account implements AutoCloseable {
    private final int own;
    private int taken;

    /**
     * @param own how many bytes are the peer's own
     */
    Account(int own) {
      this.own = own;
    }

    /** Makes sure that the peer may hold this many bytes in all. */
    void hold(long bytes) throws QmpException.ProtocolViolation {
      int wanted = units(Math.max(0, bytes - own));
      if (wanted > taken) {
        take(wanted - taken);
      } else if (wanted < taken) {
        free.release(taken - wanted);
      }
      taken = wanted;
    }

    @Override
    public void close() {
      free.release(taken);
      taken = 0;
    }
  }

  /** A part of the budget that is given back once. */
  final class Share {
    private final int part;
    private final Semaphore once = new Semaphore(1);

    private Share(int part) {
      this.part = part;
    }

    void giveBack() {
      if (once.tryAcquire()) {
        free.release(part);
      }
    }
  }

  /**
   * Takes what a message needs until it has been used.
   *
   * @param own how much of it the peer has of its own
   */
  Share share(long bytes, int own) throws QmpException.ProtocolViolation {
    int wanted = units(Math.max(0, bytes - own));
    take(wanted);
    return new Share(wanted);
  }

  private void take(int wanted) throws QmpException.ProtocolViolation {
    if (wanted == 0) {
      return;
    }
    boolean taken;
    try {
      taken = free.tryAcquire(wanted, PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      taken = false;
    }
    if (!taken) {
      throw new QmpException.ProtocolViolation(
          "a message needs "
              + wanted
              + " KiB, and all peers together may hold "
              + units
              + " KiB, of which others have most",
          null);
    }
  }

  private static int units(long bytes) {
    return Math.toIntExact((bytes + UNIT - 1) / UNIT);
  }
}
