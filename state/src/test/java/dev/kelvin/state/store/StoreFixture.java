package dev.kelvin.state.store;

import java.time.Duration;

/** What the parts of {@link StoreConformance} are given. */
interface StoreFixture {
  /** An empty store that keeps {@link StoreConformance#KEEP} revisions. */
  Store store();

  /** That store emptied, and keeping so many revisions. */
  Store store(int keep);

  /** How long the leases of these tests live: short where time is real. */
  Duration ttl();

  /** Lets so much of the time pass by which leases expire. */
  void pass(Duration time);
}
