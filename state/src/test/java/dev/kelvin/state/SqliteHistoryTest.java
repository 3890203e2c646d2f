package dev.kelvin.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
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
  private record Forgetful(Store real) implements Store {
    @Override
    public Optional<Entry> get(String key) {
      long now = real.revision();
      boolean past = ThreadLocalRandom.current().nextInt(4) == 0;
      Range page = real.range(key, null, 1, past ? Math.max(1, now - 20) : now);
      return page.entries().stream().findFirst();
    }

    @Override
    public Range range(String prefix, @Nullable String afterKey, int limit, long revision) {
      return real.range(prefix, afterKey, limit, revision);
    }

    @Override
    public long revision() {
      return real.revision();
    }

    @Override
    public Result commit(Txn txn) {
      return real.commit(txn);
    }

    @Override
    public Watch watch(String prefix, long fromRevision, WatchListener listener) {
      return real.watch(prefix, fromRevision, listener);
    }

    @Override
    public Lease grant(java.time.Duration ttl) {
      return real.grant(ttl);
    }

    @Override
    public void keepAlive(Lease lease) {
      real.keepAlive(lease);
    }

    @Override
    public void revoke(Lease lease) {
      real.revoke(lease);
    }

    @Override
    public void close() {
      real.close();
    }
  }
}
