package dev.kelvin.server.http.guard;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How much strangers from one place may make the daemon do: so many requests a second, and those of
 * {@value #SAVED} seconds at once. Whoever takes more is in debt, which time pays off. Places have
 * nothing in common: what many of them take keeps nobody out. Safe for use by many threads.
 */
final class Allowance {
  /** What a connection counts, in requests: it takes more work than one until it is secure. */
  static final int CONNECTION = 5;

  /** So many seconds' allowance is had at once. */
  private static final int SAVED = 10;

  /** So many seconds' is the greatest debt. */
  private static final int OWED = 2;

  /** Places that are remembered; nothing holds back further ones. */
  private static final int PLACES = 4096;

  /** How often those that owe nothing any more are looked for when there are so many. */
  private static final Duration SWEEP = Duration.ofSeconds(1);

  private record Balance(double requests, long since) {}

  /**
   * What is owed after something was taken.
   *
   * @param lasts until it has been paid off; zero without debt
   * @param most whether as much is owed as can be: the place goes on without heed
   */
  record Debt(Duration lasts, boolean most) {
    boolean none() {
      return lasts.isZero();
    }
  }

  private final int perSecond;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** Of places that have not all that a place can have. */
  private final Map<Source, Balance> balances = new HashMap<>();

  private long sweptAt;

  Allowance(int perSecond, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    this.sweptAt = nanoTime.getAsLong();
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

  /** Takes something if there is so much; nothing otherwise. */
  boolean tryTake(Source source, int requests) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      if (at(source, now) < requests) {
        return false;
      }
      var _ = change(source, -requests, now);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives back what was taken by one who turned out to be no stranger, or had nothing of it. */
  void giveBack(Source source, int requests) {
    lock.lock();
    try {
      var _ = change(source, requests, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private Debt change(Source source, int by, long now) {
    double has = Math.clamp(at(source, now) + by, -most(), saved());
    if (has >= saved()) {
      balances.remove(source);
    } else if (isRemembered(source, now)) {
      balances.put(source, new Balance(has, now));
    }
    double seconds = Math.max(0, -has / perSecond);
    return new Debt(Duration.ofMillis((long) (seconds * 1000)), has <= -most());
  }

  private double at(Source source, long now) {
    Balance balance = balances.get(source);
    return balance == null ? saved() : at(balance, now);
  }

  private double at(Balance balance, long now) {
    double paid = (double) (now - balance.since()) * perSecond / 1e9;
    return Math.min(saved(), balance.requests() + paid);
  }

  private boolean isRemembered(Source source, long now) {
    if (balances.size() < PLACES || balances.containsKey(source)) {
      return true;
    }
    if (now - sweptAt >= SWEEP.toNanos()) {
      sweptAt = now;
      balances.values().removeIf(balance -> at(balance, now) >= saved());
    }
    return balances.size() < PLACES;
  }

  private double saved() {
    return (double) SAVED * perSecond;
  }

  private double most() {
    return (double) OWED * perSecond;
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
