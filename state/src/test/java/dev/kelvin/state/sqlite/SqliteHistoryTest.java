package dev.kelvin.state.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.LeaseTiming;
import dev.kelvin.state.store.PassingStore;
import dev.kelvin.state.store.RandomHistory;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.Store;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random concurrent histories of the store in a file. */
class SqliteHistoryTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void historiesAreLinearizable(long seed) throws Exception {
    try (Store store = SqliteStore.open(directory.resolve("store.db"))) {
      assertThat(new RandomHistory(List.of(store), seed, 120).run(() -> {})).isZero();
    }
  }

  @Test
  void leasesExpireInTime() {
    try (Store store = SqliteStore.open(directory.resolve("store.db"))) {
      new LeaseTiming(store).check();
    }
  }

  /** The check is one: it finds a store that now and then answers with what it knew before. */
  @Test
  void aStoreWithStaleReadsIsFoundOut() {
    try (var store = new Forgetful(new MemoryStore(java.time.InstantSource.system(), 10_000))) {
      assertThatThrownBy(() -> new RandomHistory(List.of(store), 1, 200).run(() -> {}))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("linearizable");
    }
  }

  /** Reads of the past. */
  private static final class Forgetful extends PassingStore {
    Forgetful(Store store) {
      super(store);
    }

    @Override
    public Optional<Entry> get(String key) {
      long now = revision();
      boolean past = ThreadLocalRandom.current().nextInt(4) == 0;
      Range page = range(key, null, 1, past ? Math.max(1, now - 20) : now);
      return page.entries().stream().findFirst();
    }
  }
}
