package dev.kelvin.qmp;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory that all peers of one kind together may make this process hold with what they say.
 * Each has a little of its own beside it, so that most messages take nothing from here, and always
 * find room. No peer has more than its part; and of the last of it only those are given that have
 * little, so that a few with much do not keep all others from being heard. Whoever needs more than
 * is left waits a moment for others to give back, then is told that the process is busy.
 */
public final class Budget {
  private static final int UNIT = 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** The part of the whole that is kept for those who have little. */
  private static final int KEPT_PART = 6;

  /** What part of the whole is little. */
  private static final int LITTLE_PART = 16;

  private final int units;
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int taken;

  /** One of which no peer has more than half. */
  public Budget(long bytes) {
    this(bytes, bytes / 2);
  }

  /**
   * One of which nothing is taken.
   *
   * @param perPeer how much of it one peer may have
   */
  public Budget(long bytes, long perPeer) {
    this.units = Math.toIntExact(bytes / UNIT);
    this.most = Math.toIntExact(perPeer / UNIT);
  }

  /** One that a peer by itself does not exhaust. */
  static Budget forOne() {
    return new Budget(256L << 20, 256L << 20);
  }

  /** How many bytes nobody has taken. */
  public long left() {
    lock.lock();
    try {
      return (long) (units - taken) * UNIT;
    } finally {
      lock.unlock();
    }
  }

  /** One peer, over all its connections; used by any thread. */
  final class Peer {
    private int collected;
    private int shared;

    /** Whether it may take so much more now. Called with the lock. */
    private boolean fits(int more) {
      int mine = collected + shared + more;
      int all = taken + more;
      boolean little = mine <= units / LITTLE_PART;
      return mine <= most && all <= (little ? units : units - units / KEPT_PART);
    }

    /**
     * What a message of it takes while it is collected.
     *
     * @param own how many bytes are the peer's own
     */
    Account account(int own) {
      return new Account(this, own);
    }

    /**
     * Takes what a message needs until it has been used.
     *
     * @param own how much of it the peer has of its own
     * @throws QmpException.ProtocolViolation when it is more than a peer may ever have
     * @throws QmpException.Busy when others have too much
     */
    Share share(long bytes, int own) throws QmpException.ProtocolViolation, QmpException.Busy {
      int wanted = units(Math.max(0, bytes - own));
      lock.lock();
      try {
        allow(wanted, collected + wanted);
        shared += wanted;
      } finally {
        lock.unlock();
      }
      return new Share(this, wanted);
    }

    /** Waits until so much more is there, and takes it. Called with the lock. */
    private void allow(int more, int alone)
        throws QmpException.ProtocolViolation, QmpException.Busy {
      if (more == 0) {
        return;
      }
      if (alone > most) {
        throw new QmpException.ProtocolViolation(
            "a message needs " + alone + " KiB; one peer may hold " + most + " KiB", null);
      }
      long left = PATIENCE.toNanos();
      try {
        while (!fits(more) && left > 0) {
          left = changed.awaitNanos(left);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (!fits(more)) {
        throw new QmpException.Busy(
            "a message needs "
                + more
                + " KiB, and all peers together may hold "
                + units
                + " KiB, of which others have most");
      }
      taken += more;
    }
  }

  /** What a message takes while it is collected. Used by one thread at a time. */
  final class Account implements AutoCloseable {
    private final Peer peer;
    private final int own;
    private int mine;

    private Account(Peer peer, int own) {
      this.peer = peer;
      this.own = own;
    }

    /** Makes sure that it may hold this many bytes in all. */
    void hold(long bytes) throws QmpException.ProtocolViolation, QmpException.Busy {
      int wanted = units(Math.max(0, bytes - own));
      lock.lock();
      try {
        if (wanted > mine) {
          peer.allow(wanted - mine, wanted);
        } else {
          giveBack(mine - wanted);
        }
        peer.collected += wanted - mine;
        mine = wanted;
      } finally {
        lock.unlock();
      }
    }

    /** Whether it has anything that others lack. */
    boolean holds() {
      return mine > 0;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        peer.collected -= mine;
        giveBack(mine);
        mine = 0;
      } finally {
        lock.unlock();
      }
    }
  }

  /** A part of the budget that is given back once. */
  final class Share {
    private final Peer peer;
    private int part;

    private Share(Peer peer, int part) {
      this.peer = peer;
      this.part = part;
    }

    void giveBack() {
      lock.lock();
      try {
        peer.shared -= part;
        Budget.this.giveBack(part);
        part = 0;
      } finally {
        lock.unlock();
      }
    }
  }

  /** Called with the lock. */
  private void giveBack(int part) {
    if (part > 0) {
      taken -= part;
      changed.signalAll();
    }
  }

  private static int units(long bytes) {
    return Math.toIntExact((bytes + UNIT - 1) / UNIT);
  }
}
