package dev.kelvin.server.http.guard;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How much strangers from one place may make the daemon do: so many requests a second, and those of
 * {@value #SAVED} seconds at once. Whoever takes more is in debt, which time pays off. Safe for use
 * by many threads.
 */
public final class Allowance {
  /** What a connection counts, in requests: it takes more work than one until it is secure. */
  static final int CONNECTION = 5;

  /** So many seconds' allowance is had at once. */
  private static final int SAVED = 10;

  /** So many seconds' is the greatest debt. */
  private static final int OWED = 2;

  /** Places that are remembered; further ones count together, as one. */
  private static final int PLACES = 4096;

  /** How often those that owe nothing any more are looked for when there are so many. */
  private static final Duration SWEEP = Duration.ofSeconds(1);

  private static final Source ELSEWHERE = new Source("elsewhere");

  private record Balance(double requests, long since) {}

  private final int perSecond;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** Of places that have not all that a place can have. */
  private final Map<Source, Balance> balances = new HashMap<>();

  private long sweptAt;

  public Allowance(int perSecond) {
    this(perSecond, System::nanoTime);
  }

  Allowance(int perSecond, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    this.sweptAt = nanoTime.getAsLong();
  }

  /**
   * Takes something.
   *
   * @return how long it takes until what is owed by then has been paid off; zero without debt
   */
  public Duration take(Source source, int requests) {
    return change(source, -requests);
  }

  /** Gives back what was taken by one who turned out to be no stranger. */
  void giveBack(Source source, int requests) {
    var _ = change(source, requests);
  }

  /** How long the greatest debt lasts. */
  public static Duration longest() {
    return Duration.ofSeconds(OWED);
  }

  private Duration change(Source source, int by) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      Source place = placeOf(source, now);
      Balance before = balances.get(place);
      double had = before == null ? saved() : at(before, now);
      double left = Math.clamp(had + by, -(double) OWED * perSecond, saved());
      if (left < saved()) {
        balances.put(place, new Balance(left, now));
      } else {
        balances.remove(place);
      }
      return left >= 0 ? Duration.ZERO : Duration.ofMillis((long) (-left * 1000 / perSecond));
    } finally {
      lock.unlock();
    }
  }

  private Source placeOf(Source source, long now) {
    if (balances.size() < PLACES || balances.containsKey(source)) {
      return source;
    }
    if (now - sweptAt >= SWEEP.toNanos()) {
      sweptAt = now;
      balances.values().removeIf(balance -> at(balance, now) >= saved());
    }
    return balances.size() < PLACES ? source : ELSEWHERE;
  }

  private double at(Balance balance, long now) {
    double paid = (now - balance.since()) * perSecond / 1e9;
    return Math.min(saved(), balance.requests() + paid);
  }

  private double saved() {
    return (double) SAVED * perSecond;
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
