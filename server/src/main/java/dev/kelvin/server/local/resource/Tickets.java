package dev.kelvin.server.local.resource;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Secrets that are good for one thing, once and for a short time.
 *
 * @param <T> what they are good for
 */
final class Tickets<T> {
  /**
   * So many wait at once, of which the oldest gives way: whoever asks for more than a console takes
   * neither fills the memory nor keeps others from theirs.
   */
  static final int MOST = 1_000;

  private static final int SECRET_BYTES = 24;

  private record Grant<T>(T what, Instant until) {}

  private final Duration validFor;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock lock = new ReentrantLock();

  /** The oldest, which ends first, first. */
  private final Map<String, Grant<T>> grants = new LinkedHashMap<>();

  Tickets(Duration validFor, InstantSource clock) {
    this.validFor = validFor;
    this.clock = clock;
  }

  /** Makes one. */
  String grant(T what) {
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    String ticket = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    lock.lock();
    try {
      Instant now = clock.instant();
      Iterator<Grant<T>> all = grants.values().iterator();
      while (all.hasNext()) {
        boolean over = all.next().until().isBefore(now);
        if (!over && grants.size() < MOST) {
          break;
        }
        all.remove();
      }
      grants.put(ticket, new Grant<>(what, now.plus(validFor)));
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  /** What it is good for, once; empty when it is none, or not any more. */
  Optional<T> use(String ticket) {
    lock.lock();
    try {
      return Optional.ofNullable(grants.remove(ticket))
          .filter(grant -> !grant.until().isBefore(clock.instant()))
          .map(Grant::what);
    } finally {
      lock.unlock();
    }
  }

  /** How many are kept. */
  int count() {
    lock.lock();
    try {
      return grants.size();
    } finally {
      lock.unlock();
    }
  }
}
