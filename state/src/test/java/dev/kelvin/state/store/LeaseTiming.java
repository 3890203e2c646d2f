package dev.kelvin.state.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** By a real clock: a lease lives as long as was promised, little longer, and ends at once. */
public final class LeaseTiming {
  private static final Duration TTL = Duration.ofSeconds(2);

  /** A store looks at its leases now and then, and hosts are busy. */
  private static final Duration LATENESS = Duration.ofSeconds(3);

  private final Store store;

  public LeaseTiming(Store store) {
    this.store = store;
  }

  public void check() {
    Lease lease = store.grant(TTL);
    assertThat(lease.ttl()).isEqualTo(TTL);
    for (String key : List.of("l/1", "l/2", "l/3")) {
      store.commit(Txn.of(Op.put(key, new byte[0], lease)));
    }
    var gone = new CompletableFuture<Long>();
    var recorder = new Recorder();
    WatchListener listener =
        change -> {
          gone.complete(System.nanoTime());
          recorder.changed(change);
        };
    try (Watch _ = store.watch("l/", 0, listener)) {
      long asked = System.nanoTime();
      store.keepAlive(lease);
      long answered = System.nanoTime();
      List<Change> deleted = recorder.next(3);
      long at = gone.join();
      assertThat(Duration.ofNanos(at - asked)).isGreaterThanOrEqualTo(TTL);
      assertThat(Duration.ofNanos(at - answered)).isLessThan(TTL.plus(LATENESS));
      assertThat(deleted).extracting(Change::key).containsExactlyInAnyOrder("l/1", "l/2", "l/3");
      assertThat(deleted).extracting(Change::revision).containsOnly(deleted.getFirst().revision());
      assertThat(store.range("l/", null, 9).entries()).isEmpty();
      assertThat(TimeUnit.NANOSECONDS.toSeconds(at - asked)).isPositive();
    }
  }
}
