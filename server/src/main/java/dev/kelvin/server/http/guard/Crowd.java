package dev.kelvin.server.http.guard;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Strangers, by where they come from, and which of them gives way. That is one of those that come
 * from the place with the most: a flood from there pushes out itself, and not those who come from
 * elsewhere and are about to show the token. Whoever uses it keeps others out meanwhile.
 *
 * @param <T> what each of them is known by
 */
final class Crowd<T> {
  /** So long somebody has to show the token before it counts against them that they have not. */
  static final Duration GRACE = Duration.ofSeconds(3);

  /** A place is crowded that has at least one such part of what the most crowded one has. */
  private static final int NEARLY_AS_MANY = 2;

  private record Member(Source source, long since) {}

  private final LongSupplier nanoTime;

  /** The oldest first. */
  private final Map<T, Member> members = new LinkedHashMap<>();

  private final Tally<Source> perSource = new Tally<>();

  Crowd(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  void add(T one, Source source) {
    members.put(one, new Member(source, nanoTime.getAsLong()));
    perSource.add(source, 1);
  }

  boolean remove(T one) {
    Member member = members.remove(one);
    if (member == null) {
      return false;
    }
    perSource.take(member.source(), 1);
    return true;
  }

  boolean has(T one) {
    return members.containsKey(one);
  }

  int size() {
    return members.size();
  }

  /** The oldest one that comes from a place; null when there is none that can leave. */
  @Nullable T oldestOf(Source source, Predicate<T> canLeave) {
    for (var one : members.entrySet()) {
      if (one.getValue().source().equals(source) && canLeave.test(one.getKey())) {
        return one.getKey();
      }
    }
    return null;
  }

  /**
   * The one that gives way: of the place with the most, the oldest. One that has just come is
   * spared while a place that is nearly as crowded has one that has had its time.
   *
   * @return null when there is none that can leave
   */
  @Nullable T leaves(Predicate<T> canLeave) {
    long most = perSource.most();
    long now = nanoTime.getAsLong();
    T chosen = null;
    long chosenWeight = 0;
    for (var one : members.entrySet()) {
      Member member = one.getValue();
      long count = perSource.of(member.source());
      boolean late = now - member.since() >= GRACE.toNanos();
      long weight = late && count * NEARLY_AS_MANY >= most ? most + count : count;
      // Equal ones: the first, which is the oldest.
      if (weight > chosenWeight && canLeave.test(one.getKey())) {
        chosen = one.getKey();
        chosenWeight = weight;
      }
    }
    return chosen;
  }
}
