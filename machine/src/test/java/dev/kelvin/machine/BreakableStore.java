package dev.kelvin.machine;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.Entry;
import dev.kelvin.state.Lease;
import dev.kelvin.state.Range;
import dev.kelvin.state.Result;
import dev.kelvin.state.Store;
import dev.kelvin.state.Txn;
import dev.kelvin.state.Watch;
import dev.kelvin.state.WatchListener;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A store whose disk is full whenever a test says so. */
final class BreakableStore implements Store {
  private final Store behind;
  private volatile boolean full;

  BreakableStore(Store behind) {
    this.behind = behind;
  }

  void full(boolean isFull) {
    full = isFull;
  }

  @Override
  public Result commit(Txn txn) {
    if (full) {
      throw Problem.of(Code.HOST_FAILURE, "The store cannot be written").asException();
    }
    return behind.commit(txn);
  }

  @Override
  public Optional<Entry> get(String key) {
    return behind.get(key);
  }

  @Override
  public Range range(String prefix, @Nullable String afterKey, int limit, long revision) {
    return behind.range(prefix, afterKey, limit, revision);
  }

  @Override
  public long revision() {
    return behind.revision();
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    return behind.watch(prefix, fromRevision, listener);
  }

  @Override
  public Lease grant(Duration ttl) {
    return behind.grant(ttl);
  }

  @Override
  public void keepAlive(Lease lease) {
    behind.keepAlive(lease);
  }

  @Override
  public void revoke(Lease lease) {
    behind.revoke(lease);
  }

  @Override
  public void close() {
    behind.close();
  }
}
