package dev.kelvin.server.http.guard;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How much strangers may make the daemon do. From one place: so many requests a second, and those
 * of {@value #SAVED} seconds at once; from all of them together {@value #TOGETHER} times as much.
 * Whoever takes more is in debt, which time pays off. Safe for use by many threads.
 */
final class Allowance {
  /** What a connection counts, in requests: it takes more work than one until it is secure. */
  static final int CONNECTION = 5;

  /** So many seconds' allowance is had at once. */
  private static final int SAVED = 10;

  /** So many seconds' is the greatest debt. */
  private static final int OWED = 2;

  /** So many places have all that they are allowed at the same time. */
  private static final int TOGETHER = 4;

  /** Places that are remembered; only what all take together holds back further ones. */
  private static final int PLACES = 4096;

  /** How often those that owe nothing any more are looked for when there are so many. */
  private static final Duration SWEEP = Duration.ofSeconds(1);

  private record Balance(double requests, long since) {}

  /**
   * What is owed after something was taken.
   *
   * @param lasts until it has been paid off; zero without debt
   * @param ownIsMost whether the place owes as much as a place can: it goes on without heed
   */
  record Debt(Duration lasts, boolean ownIsMost) {
    boolean none() {
      return lasts.isZero();
    }
  }

  private final int perSecond;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** Of places that have not all that a place can have. */
  private final Map<Source, Balance> balances = new HashMap<>();

  /** That of all places together. */
  private Balance all;

  private long sweptAt;

  Allowance(int perSecond, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    this.sweptAt = nanoTime.getAsLong();
    this.all = new Balance((double) TOGETHER * SAVED * perSecond, sweptAt);
  }

  /** Takes something, however much is owed. */
  Debt take(Source source, int requests) {
    lock.lock();
    try {
      return change(source, -requests, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** Takes something; nothing, and empty, when more would be owed than can be. */
  Optional<Debt> tryTake(Source source, int requests) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      Balance own = after(of(source, now), 0, perSecond, now);
      Balance others = after(all, 0, (long) TOGETHER * perSecond, now);
      if (own.requests() - requests < -(double) OWED * perSecond
          || others.requests() - requests < -(double) OWED * TOGETHER * perSecond) {
        return Optional.empty();
      }
      return Optional.of(change(source, -requests, now));
    } finally {
      lock.unlock();
    }
  }

  /** Gives back what was taken by one who turned out to be no stranger. */
  void giveBack(Source source, int requests) {
    lock.lock();
    try {
      var _ = change(source, requests, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private Balance of(Source source, long now) {
    return balances.getOrDefault(source, new Balance((double) SAVED * perSecond, now));
  }

  private Debt change(Source source, int by, long now) {
    Balance has = after(of(source, now), by, perSecond, now);
    if (isWhole(has, perSecond)) {
      balances.remove(source);
    } else if (isRemembered(source, now)) {
      balances.put(source, has);
    }
    long together = (long) TOGETHER * perSecond;
    all = after(all, by, together, now);
    double own = owed(has, perSecond);
    double seconds = Math.max(own, owed(all, together));
    return new Debt(Duration.ofMillis((long) (seconds * 1000)), own >= OWED);
  }

  private boolean isRemembered(Source source, long now) {
    if (balances.size() < PLACES || balances.containsKey(source)) {
      return true;
    }
    if (now - sweptAt >= SWEEP.toNanos()) {
      sweptAt = now;
      balances.values().removeIf(balance -> isWhole(after(balance, 0, perSecond, now), perSecond));
    }
    return balances.size() < PLACES;
  }

  private static Balance after(Balance before, int by, long perSecond, long now) {
    double most = (double) SAVED * perSecond;
    double paid = (double) (now - before.since()) * perSecond / 1e9;
    double has = Math.min(most, before.requests() + paid) + by;
    return new Balance(Math.clamp(has, -(double) OWED * perSecond, most), now);
  }

  private static boolean isWhole(Balance balance, long perSecond) {
    return balance.requests() >= (double) SAVED * perSecond;
  }

  /** In seconds. */
  private static double owed(Balance balance, long perSecond) {
    return Math.max(0, -balance.requests() / perSecond);
  }

  /** How many places are remembered. */
  int places() {
    lock.lock();
    try {
      return balances.size();
    } finally {
      lock.unlock();
    }
  }
}
