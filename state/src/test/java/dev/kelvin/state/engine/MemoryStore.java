package dev.kelvin.state.engine;

import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Lease;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import dev.kelvin.state.store.StoreKeys;
import dev.kelvin.state.store.StoreProblems;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store that forgets everything, for tests that are not about files. It passes {@link
 * StoreConformance}.
 */
public final class MemoryStore implements Store {
  private final int keep;
  private final Leases leases;
  private final Watches watches;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private final NavigableMap<String, Entry> current = new TreeMap<>(StoreKeys.ORDER);
  private final NavigableMap<String, Entry> compactedState = new TreeMap<>(StoreKeys.ORDER);
  private final List<Change> log = new ArrayList<>();
  private final Map<Long, Lease> granted = new HashMap<>();
  private long compacted;
  private long nextLease = 1;
  private boolean closed;
  private volatile long revision = 1;

  public MemoryStore() {
    this(InstantSource.system(), 1_000);
  }

  /**
   * A store.
   *
   * @param clock by which leases expire
   * @param keep how many revisions are kept, from 1
   */
  public MemoryStore(InstantSource clock, int keep) {
    this.keep = keep;
    this.watches = new Watches(this::changes, keep);
    this.leases = new Leases(clock, this::expire);
    leases.start();
  }

  private <T> T locked(Supplier<T> body) {
    lock.lock();
    try {
      if (closed) {
        throw StoreProblems.closed().asException();
      }
      return body.get();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<Entry> get(String key) {
    StoreKeys.checkKey(key);
    return locked(() -> Optional.ofNullable(current.get(key)));
  }

  @Override
  public Range range(String prefix, @Nullable String afterKey, int limit, long at) {
    StoreKeys.checkPrefix(prefix);
    if (limit < 1) {
      throw new IllegalArgumentException("a page has at least one entry, not " + limit);
    }
    return locked(() -> {
      long as = at == 0 ? revision : at;
      if (as > revision || as < compacted) {
        throw StoreProblems.unknownRevision(as, revision, compacted);
      }
      List<Entry> all =
          at(as).values().stream()
              .filter(entry -> entry.key().startsWith(prefix))
              .filter(
                  entry -> afterKey == null || StoreKeys.ORDER.compare(entry.key(), afterKey) > 0)
              .toList();
      return new Range(all.stream().limit(limit).toList(), as, all.size() > limit);
    });
  }

  private NavigableMap<String, Entry> at(long as) {
    NavigableMap<String, Entry> state = new TreeMap<>(compactedState);
    log.stream().filter(change -> change.revision() <= as).forEach(change -> apply(change, state));
    return state;
  }

  private static void apply(Change change, Map<String, Entry> state) {
    switch (change) {
      case Change.Put(Entry entry) -> state.put(entry.key(), entry);
      case Change.Delete(String key, long _) -> state.remove(key);
    }
  }

  @Override
  public long revision() {
    return revision;
  }

  @Override
  public Result commit(Txn txn) {
    StoreKeys.check(txn);
    return locked(() -> {
      var evaluation = Evaluation.of(txn, view(), revision + 1);
      for (Change change : evaluation.changes()) {
        if (change instanceof Change.Put(Entry entry)
            && entry.lease() != null
            && !granted.containsKey(entry.lease())) {
          throw StoreProblems.leaseGone(entry.lease());
        }
      }
      write(evaluation.changes());
      return new Result(evaluation.succeeded(), revision);
    });
  }

  private Evaluation.View<RuntimeException> view() {
    return new Evaluation.View<>() {
      @Override
      public @Nullable Entry get(String key) {
        return current.get(key);
      }

      @Override
      public List<String> keys(String prefix) {
        return current.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
      }
    };
  }

  private void write(List<Change> changes) {
    if (changes.isEmpty()) {
      return;
    }
    changes.forEach(change -> apply(change, current));
    log.addAll(changes);
    revision = changes.getFirst().revision();
    if (revision - keep > compacted) {
      compacted = revision - keep;
      while (log.getFirst().revision() <= compacted) {
        apply(log.removeFirst(), compactedState);
      }
    }
    watches.committed(revision, changes);
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    StoreKeys.checkPrefix(prefix);
    long after = fromRevision == 0 ? revision : fromRevision;
    changes(prefix, after, 0);
    return watches.add(prefix, after, listener, this::revision);
  }

  private Watches.Changes changes(String prefix, long after, int stride) {
    return locked(() -> {
      if (after < compacted) {
        throw StoreProblems.unknownRevision(after, revision, compacted);
      }
      long upTo = Math.min(revision, after + stride);
      return new Watches.Changes(
          log.stream()
              .filter(change -> change.revision() > after && change.revision() <= upTo)
              .filter(change -> change.key().startsWith(prefix))
              .toList(),
          upTo);
    });
  }

  @Override
  public Lease grant(Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease lives at least 1 ms, not " + ttl);
    }
    return locked(() -> {
      var lease = new Lease(nextLease++, ttl);
      granted.put(lease.id(), lease);
      leases.begin(lease);
      return lease;
    });
  }

  @Override
  public void keepAlive(Lease lease) {
    leases.keepAlive(lease);
  }

  @Override
  public void revoke(Lease lease) {
    locked(() -> end(lease.id()));
  }

  private void expire(Lease lease) {
    locked(() -> leases.expired(lease.id()) && end(lease.id()));
  }

  private boolean end(long lease) {
    if (granted.remove(lease) == null) {
      throw StoreProblems.leaseGone(lease);
    }
    leases.forget(lease);
    long next = revision + 1;
    write(
        current.values().stream()
            .filter(entry -> entry.lease() != null && entry.lease() == lease)
            .<Change>map(entry -> new Change.Delete(entry.key(), next))
            .toList());
    return true;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    leases.close();
    watches.close(StoreProblems.closed());
  }
}
