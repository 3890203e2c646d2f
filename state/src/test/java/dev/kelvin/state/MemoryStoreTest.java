package dev.kelvin.state;

import java.time.InstantSource;

class MemoryStoreTest extends StoreConformance {
  @Override
  protected Store open(InstantSource clock, int keep) {
    return new MemoryStore(clock, keep);
  }
}
