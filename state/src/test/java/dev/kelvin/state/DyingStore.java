package dev.kelvin.state;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A store that tells before and after each commit; nothing happens when that throws. */
final class DyingStore implements Store {
  private final Store store;
  private final Points points;

  DyingStore(Store store, Points points) {
    this.store = store;
    this.points = points;
  }

  /** Throws at one point and at all that follow it, as if the process were gone from there on. */
  static Points dead(int at, AtomicInteger count) {
    return () -> {
      if (count.incrementAndGet() >= at) {
        throw Problem.of(Code.HOST_FAILURE, "The process is dead").asException();
      }
    };
  }

  @Override
  public Result commit(Txn txn) {
    points.reached();
    Result result = store.commit(txn);
    points.reached();
    return result;
  }

  @Override
  public Optional<Entry> get(String key) {
    return store.get(key);
  }

  @Override
  public Range range(String prefix, @Nullable String afterKey, int limit, long revision) {
    return store.range(prefix, afterKey, limit, revision);
  }

  @Override
  public long revision() {
    return store.revision();
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    return store.watch(prefix, fromRevision, listener);
  }

  @Override
  public Lease grant(Duration ttl) {
    return store.grant(ttl);
  }

  @Override
  public void keepAlive(Lease lease) {
    store.keepAlive(lease);
  }

  @Override
  public void revoke(Lease lease) {
    store.revoke(lease);
  }

  @Override
  public void close() {
    store.close();
  }
}
