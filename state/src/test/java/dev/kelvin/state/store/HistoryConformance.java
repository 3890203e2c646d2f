package dev.kelvin.state.store;

import static dev.kelvin.state.store.StoreConformance.KEEP;
import static dev.kelvin.state.store.StoreConformance.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.state.store.Compare.Field;
import dev.kelvin.state.store.Compare.Relation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Histories made by chance, against a simple model; and those of many writers at once. */
interface HistoryConformance extends StoreFixture {
  List<String> KEYS = List.of("a", "a/1", "a/2", "a0", "b", "b/1", "b/1/x", "c");
  List<String> PREFIXES = List.of("", "a", "a/", "b/", "b/1", "c", "d");
  int STEPS = 400;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  default void historiesAreThoseOfTheModel(long seed) {
    var random = new Random(seed);
    var model = new HistoryModel();
    record Watched(Watch watch, String prefix, long from, Recorder recorder) {}
    List<Watched> watches = new ArrayList<>();
    try {
      for (int step = 0; step < STEPS; step++) {
        Txn txn = anyTxn(random, model);
        assertThat(store().commit(txn)).as("seed %d, %s", seed, txn).isEqualTo(model.commit(txn));
        assertThat(store().revision()).isEqualTo(model.revision());
        checkReads(random, model);
        if (step % 50 == 0) {
          String prefix = any(random, PREFIXES);
          long from = Math.max(1, model.revision() - random.nextInt(KEEP));
          var recorder = new Recorder();
          watches.add(new Watched(store().watch(prefix, from, recorder), prefix, from, recorder));
        }
      }
      for (Watched watched : watches) {
        checkWatch(watched.recorder(), model.changesAfter(watched.from(), watched.prefix()));
      }
    } finally {
      watches.forEach(watched -> watched.watch().close());
    }
  }

  /** All of the changes were told; or, where compaction overtook the watch, the first ones. */
  private static void checkWatch(Recorder recorder, List<Change> expected) {
    Await.until(
        "the watch has told " + expected.size() + " changes, or ended",
        () -> recorder.hasEnded() || recorder.rest().size() >= expected.size());
    List<Change> told = recorder.rest();
    assertThat(told).isEqualTo(recorder.hasEnded() ? expected.subList(0, told.size()) : expected);
  }

  private void checkReads(Random random, HistoryModel model) {
    String key = any(random, KEYS);
    assertThat(store().get(key).orElse(null)).isEqualTo(model.now().get(key));
    String prefix = any(random, PREFIXES);
    @Nullable String after = random.nextBoolean() ? null : any(random, KEYS);
    int limit = 1 + random.nextInt(5);
    long revision = Math.max(1, model.revision() - random.nextInt(KEEP));
    assertThat(store().range(prefix, after, limit, revision))
        .isEqualTo(model.range(prefix, after, limit, revision));
  }

  private Txn anyTxn(Random random, HistoryModel model) {
    List<Compare> compares = new ArrayList<>();
    while (random.nextInt(3) == 0) {
      compares.add(anyCompare(random, model));
    }
    return new Txn(compares, anyOps(random), anyOps(random));
  }

  private Compare anyCompare(Random random, HistoryModel model) {
    String key = any(random, KEYS);
    Relation relation = any(random, List.of(Relation.values()));
    if (random.nextInt(4) == 0) {
      return new Compare.OfValue(key, relation, bytes("v" + random.nextInt(10)));
    }
    Entry entry = model.now().get(key);
    long near = entry == null ? 0 : entry.modRevision() + random.nextInt(3) - 1;
    Field field = any(random, List.of(Field.values()));
    return new Compare.OfNumber(
        key, field, relation, field == Field.VERSION ? random.nextInt(4) : near);
  }

  private List<Op> anyOps(Random random) {
    List<String> left = new ArrayList<>(KEYS);
    List<Op> ops = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String key = left.remove(random.nextInt(left.size()));
      ops.add(
          random.nextInt(3) > 0
              ? StoreConformance.put(key, "v" + random.nextInt(10))
              : Op.delete(key));
    }
    if (random.nextInt(12) == 0) {
      return List.of(Op.deletePrefix(any(random, PREFIXES)));
    }
    return ops;
  }

  private static <T> T any(Random random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** Writers race for the next number of a counter; whoever wins by compare-and-swap wins alone. */
  @Test
  default void noUpdateIsLostAmongManyWriters() throws Exception {
    int writers = 6;
    int each = 50;
    store().commit(Txn.of(StoreConformance.put("counter", "0")));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Integer>> all = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        all.add(() -> {
          for (int n = 0; n < each; n++) {
            increment();
          }
          return 0;
        });
      }
      for (Future<Integer> writer : threads.invokeAll(all)) {
        writer.get();
      }
    }
    assertThat(new String(store().get("counter").orElseThrow().value(), StandardCharsets.US_ASCII))
        .isEqualTo(Integer.toString(writers * each));
  }

  private void increment() {
    while (true) {
      Entry now = store().get("counter").orElseThrow();
      int value = Integer.parseInt(new String(now.value(), StandardCharsets.US_ASCII));
      Txn next =
          Txn.when(Compare.modRevision("counter", now.modRevision()))
              .andThen(StoreConformance.put("counter", Integer.toString(value + 1)));
      if (store().commit(next).succeeded()) {
        return;
      }
    }
  }

  /**
   * Watches begin at any time while several writers write. Each tells every change after its
   * revision once, in order.
   */
  @Test
  default void watchesHaveNeitherGapNorRepeat() throws Exception {
    int writers = 4;
    int each = 150;
    Store store = store(writers * each);
    ConcurrentMap<Long, String> written = new ConcurrentHashMap<>();
    Queue<Observed> observed = new ConcurrentLinkedQueue<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> running = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        int writer = w;
        running.add(
            threads.submit(() -> {
              for (int n = 0; n < each; n++) {
                String key = "w" + writer + "/" + n % 7;
                Result done = store.commit(Txn.of(StoreConformance.put(key, "" + n)));
                written.put(done.revision(), key);
                if (n % 15 == 0) {
                  String watched = n % 2 == 0 ? "" : "w" + (writer + n) % writers;
                  observed.add(Observed.begin(store, watched));
                }
              }
              return 0;
            }));
      }
      for (Future<Integer> writer : running) {
        writer.get();
      }
    }
    long last = store.revision();
    assertThat(written).hasSize(writers * each);
    assertThat(last).isEqualTo(1 + (long) writers * each);
    for (Observed watch : observed) {
      watch.check(written, last);
    }
  }

  /** A watch from some revision on. */
  record Observed(String prefix, long from, Recorder recorder, Watch watch) {
    static Observed begin(Store store, String prefix) {
      long from = store.revision();
      var recorder = new Recorder();
      return new Observed(prefix, from, recorder, store.watch(prefix, from, recorder));
    }

    void check(ConcurrentMap<Long, String> written, long last) {
      List<Long> expected = new ArrayList<>();
      for (long revision = from + 1; revision <= last; revision++) {
        if (String.valueOf(written.get(revision)).startsWith(prefix)) {
          expected.add(revision);
        }
      }
      Await.until(
          "the watch of " + prefix + " is done", () -> recorder.rest().size() >= expected.size());
      assertThat(recorder.rest()).extracting(Change::revision).isEqualTo(expected);
      watch.close();
    }
  }
}
