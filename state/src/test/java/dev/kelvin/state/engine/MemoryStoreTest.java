package dev.kelvin.state.engine;

import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import java.time.InstantSource;

class MemoryStoreTest extends StoreConformance {
  @Override
  protected Store open(InstantSource clock, int keep) {
    return new MemoryStore(clock, keep);
  }
}
