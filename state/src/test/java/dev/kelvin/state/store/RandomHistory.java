package dev.kelvin.state.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Linearizability.Action;
import dev.kelvin.state.store.Linearizability.Operation;
import dev.kelvin.state.store.Linearizability.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Clients that do things by chance at the same time, and a check of all that they have seen: each
 * key is a linearizable register, every change has a revision of its own in the order of the store,
 * and each watch tells every change once. What the clients do is repeated by a seed; the moments at
 * which they do it are not.
 */
public final class RandomHistory {
  private static final String PREFIX = "h/";
  private static final int KEYS = 4;
  private static final int CLIENTS = 5;

  private final List<Store> stores;
  private final long seed;
  private final int steps;
  private final Map<String, Queue<Operation>> histories = new ConcurrentHashMap<>();
  private final Queue<FollowingWatch> watches = new ConcurrentLinkedQueue<>();

  /**
   * @param stores connections to one store; clients share them in turn
   * @param steps of each client
   */
  public RandomHistory(List<Store> stores, long seed, int steps) {
    this.stores = List.copyOf(stores);
    this.seed = seed;
    this.steps = steps;
  }

  /** Lets something happen while clients work. */
  @FunctionalInterface
  public interface Disturbance {
    void happen() throws Exception;
  }

  /**
   * Runs the clients and checks what they saw.
   *
   * @return how many operations had no answer
   */
  public long run(Disturbance disturbance) throws Exception {
    Store first = stores.getFirst();
    long start = first.revision();
    var all = new FollowingWatch(first, PREFIX, start, new Random(seed), false);
    watches.add(all);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Void>> work = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        work.add(() -> client(client));
      }
      work.add(() -> {
        disturbance.happen();
        return null;
      });
      List<Future<Void>> running = work.stream().map(threads::submit).toList();
      for (Future<Void> one : running) {
        one.get();
      }
    }
    long end = lastChange(first);
    watches.forEach(watch -> watch.awaitEnd(end));
    check(all);
    return histories.values().stream()
        .flatMap(Queue::stream)
        .filter(operation -> !operation.known())
        .count();
  }

  /** A change that all others precede: those without an answer that still come are not awaited. */
  private static long lastChange(Store store) {
    var made = new long[1];
    Await.until(
        "the last change is made",
        () -> {
          try {
            made[0] = store.commit(Txn.of(StoreConformance.put(PREFIX + "end", ""))).revision();
            return true;
          } catch (ProblemException e) {
            return false;
          }
        });
    return made[0];
  }

  private Void client(int number) {
    var random = new Random(seed * 31 + number);
    Store store = stores.get(number % stores.size());
    var known = new TreeMap<String, Long>();
    for (int step = 0; step < steps; step++) {
      String key = PREFIX + random.nextInt(KEYS);
      Action action = action(random, "c" + number + "s" + step, known.get(key));
      Operation seen = perform(store, key, action);
      if (seen != null) {
        histories.computeIfAbsent(key, _ -> new ConcurrentLinkedQueue<>()).add(seen);
        if (seen.seen() != null) {
          known.put(key, seen.seen().revision());
        }
      }
      if (random.nextInt(40) == 0) {
        begin(store, random);
      }
    }
    return null;
  }

  private void begin(Store store, Random random) {
    try {
      watches.add(
          new FollowingWatch(
              store,
              random.nextBoolean() ? PREFIX : PREFIX + random.nextInt(KEYS),
              Math.max(1, store.revision() - random.nextInt(20)),
              new Random(random.nextLong()),
              true));
    } catch (ProblemException e) {
      assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE);
    }
  }

  private static Action action(Random random, String value, @Nullable Long known) {
    int kind = random.nextInt(20);
    if (kind < 9 || (kind < 14 && known == null)) {
      return new Action.Read();
    }
    return kind < 14
        ? new Action.Write(value, known)
        : kind < 18 ? new Action.Write(value, null) : new Action.Delete();
  }

  /** Does it; null when it had no effect and told nothing. */
  private static @Nullable Operation perform(Store store, String key, Action action) {
    long begin = System.nanoTime();
    try {
      return switch (action) {
        case Action.Read() -> {
          State seen =
              store
                  .get(key)
                  .map(entry ->
                      new State(
                          new String(entry.value(), StandardCharsets.UTF_8), entry.modRevision()))
                  .orElse(State.ABSENT);
          yield new Operation(action, begin, System.nanoTime(), seen, null, 0);
        }
        case Action.Write(String value, Long expected) -> {
          Txn txn = expected == null ? Txn.when() : Txn.when(condition(key, expected));
          Result done = store.commit(txn.andThen(StoreConformance.put(key, value)));
          yield new Operation(
              action, begin, System.nanoTime(), null, done.succeeded(), done.revision());
        }
        case Action.Delete() -> {
          store.commit(Txn.of(Op.delete(key)));
          yield new Operation(action, begin, System.nanoTime(), null, true, 0);
        }
      };
    } catch (ProblemException e) {
      assertThat(e.problem().code()).as(e.problem().oneLine()).isEqualTo(Code.UNAVAILABLE);
      return action instanceof Action.Read
          ? null
          : new Operation(action, begin, Long.MAX_VALUE, null, null, 0);
    }
  }

  private static Compare condition(String key, long revision) {
    return revision == 0 ? Compare.absent(key) : Compare.modRevision(key, revision);
  }

  private void check(FollowingWatch all) {
    List<Change> changes = all.told();
    assertThat(changes).as("seed %d", seed).isNotEmpty();
    for (FollowingWatch watch : watches) {
      List<Change> expected =
          changes.stream()
              .filter(change ->
                  change.key().startsWith(watch.prefix()) && change.revision() > watch.from())
              .toList();
      assertThat(watch.told().stream().filter(change -> change.revision() > all.from()).toList())
          .as("seed %d, the watch of %s after %d", seed, watch.prefix(), watch.from())
          .isEqualTo(expected);
    }
    Map<Long, Change> byRevision = new TreeMap<>();
    for (Change change : changes) {
      assertThat(byRevision.put(change.revision(), change)).as("one change a revision").isNull();
    }
    histories.forEach((key, history) -> {
      for (Operation operation : history) {
        if (operation.action() instanceof Action.Write(String value, Long _)
            && Boolean.TRUE.equals(operation.succeeded())) {
          assertThat(byRevision.get(operation.revision()))
              .as("seed %d, what the watch told of %s", seed, operation)
              .isInstanceOfSatisfying(
                  Change.Put.class,
                  put -> assertThat(put.entry().value()).isEqualTo(StoreConformance.bytes(value)));
        }
      }
      assertThat(Linearizability.holds(List.copyOf(history)))
          .as("seed %d: %s is a linearizable register: %s", seed, key, history)
          .isTrue();
    });
  }
}
