package dev.kelvin.state.store;

import dev.kelvin.model.Problem;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Passes everything on to another store; what a test does otherwise, it overrides. */
public abstract class PassingStore implements Store {
  private final Store store;

  protected PassingStore(Store store) {
    this.store = store;
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
  public Result commit(Txn txn) {
    return store.commit(txn);
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
  public Optional<Problem> shortage() {
    return store.shortage();
  }

  @Override
  public void close() {
    store.close();
  }
}
