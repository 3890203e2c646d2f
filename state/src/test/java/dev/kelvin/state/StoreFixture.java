package dev.kelvin.state;

/** What the parts of {@link StoreConformance} are given. */
interface StoreFixture {
  /** An empty store that keeps {@link StoreConformance#KEEP} revisions. */
  Store store();

  /** That store emptied, and keeping so many revisions. */
  Store store(int keep);

  /** By which its leases expire. */
  ManualClock clock();
}
