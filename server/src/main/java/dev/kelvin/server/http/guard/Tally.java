package dev.kelvin.server.http.guard;

import java.util.HashMap;
import java.util.Map;

/**
 * How much each of some has, for those that have any. Whoever uses it keeps others out meanwhile.
 *
 * @param <K> whoever has it
 */
final class Tally<K> {
  private final Map<K, Long> amounts = new HashMap<>();

  void add(K key, long amount) {
    amounts.merge(key, amount, Long::sum);
  }

  void take(K key, long amount) {
    amounts.computeIfPresent(key, (_, had) -> had == amount ? null : had - amount);
  }

  long of(K key) {
    return amounts.getOrDefault(key, 0L);
  }

  /** What the one with the most has; 0 when nobody has any. */
  long most() {
    return amounts.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** How many have any. */
  int size() {
    return amounts.size();
  }
}
