package dev.kelvin.state.sqlite;

import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

class SqliteConformanceTest extends StoreConformance {
  @TempDir Path directory;
  private int stores;

  @Override
  protected Store open(InstantSource clock, int keep) {
    return SqliteStore.open(directory.resolve("store" + stores++ + ".db"), clock, keep);
  }
}
