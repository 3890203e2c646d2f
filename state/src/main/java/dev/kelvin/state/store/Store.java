package dev.kelvin.state.store;

import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store with the semantics of etcd v3 (see the "etcd API" reference): one global
 * revision, raised by one with each transaction that changes something; an empty store is at
 * revision 1.
 *
 * <p>Keys are text without control characters, at most {@value #MAX_KEY_BYTES} bytes in UTF-8, in
 * the order of those bytes. A transaction has at most {@value #MAX_OPS} operations on each branch
 * and {@value #MAX_TXN_BYTES} bytes of keys and values, which are the defaults of etcd.
 *
 * <p>No method reacts to interruption: an interrupted caller gets its answer and stays interrupted.
 * Every method throws {@link ProblemException} with host-failure when the store cannot be read or
 * written (it then holds what it held before, and works again when the cause is gone), unavailable
 * when it has been closed, and invalid-argument for what exceeds the limits above.
 */
public interface Store extends AutoCloseable {
  int MAX_KEY_BYTES = 1024;
  int MAX_OPS = 128;
  int MAX_TXN_BYTES = 3 << 19;

  /** How many entries {@link #scan} reads at a time. */
  int SCANNED_AT_ONCE = 500;

  /** The key that says which node a store belongs to. It is no part of backups. */
  String OWNER = "/owner";

  /** What {@code key} holds now. */
  Optional<Entry> get(String key);

  /**
   * The entries now whose keys begin with {@code prefix}, in the order of keys.
   *
   * @param prefix may be empty, for all
   * @param afterKey the key after which the page begins; null for the first page
   * @param limit how many at most, from 1
   */
  default Range range(String prefix, @Nullable String afterKey, int limit) {
    return range(prefix, afterKey, limit, 0);
  }

  /**
   * As {@link #range(String, String, int)}, as it was at {@code revision}: with the revision of the
   * first page all pages are of one moment.
   *
   * @param revision 0 for now
   * @throws ProblemException revision-mismatch when it is compacted or not reached yet
   */
  Range range(String prefix, @Nullable String afterKey, int limit, long revision);

  /**
   * Gives all entries whose keys begin with {@code prefix}, of one moment, in the order of keys.
   *
   * @return the revision at which they are so
   */
  default long scan(String prefix, Consumer<Entry> taker) {
    Range page = range(prefix, null, SCANNED_AT_ONCE);
    while (true) {
      page.entries().forEach(taker);
      if (!page.more()) {
        return page.revision();
      }
      String last = page.entries().getLast().key();
      page = range(prefix, last, SCANNED_AT_ONCE, page.revision());
    }
  }

  /** The revision of the last change. */
  long revision();

  /**
   * Executes a transaction: all of it or nothing. It is on the disk before this returns.
   *
   * @throws ProblemException not-found when a put names a lease that is not there
   */
  Result commit(Txn txn);

  /**
   * Tells every change of the keys that begin with {@code prefix}, without gap or repeat, in order,
   * one call at a time, on a virtual thread of the watch.
   *
   * @param fromRevision the changes after this revision; 0 for those after now
   * @throws ProblemException revision-mismatch when changes after that revision are compacted
   *     already: read the keys anew and watch from the revision of that read
   */
  Watch watch(String prefix, long fromRevision, WatchListener listener);

  /**
   * Grants a lease: when it is not kept alive for {@code ttl}, the keys put with it are deleted. It
   * outlives a restart of the store, from which its time begins anew.
   *
   * @param ttl from 1 ms
   */
  Lease grant(Duration ttl);

  /**
   * Begins the time of a lease anew.
   *
   * @throws ProblemException not-found when it has expired or was revoked
   */
  void keepAlive(Lease lease);

  /**
   * Ends a lease and deletes the keys put with it, in one revision.
   *
   * @throws ProblemException not-found when it has expired or was revoked
   */
  void revoke(Lease lease);

  /**
   * Faults of the file or service that holds the store, in its own words; empty when it is whole.
   */
  default List<String> faults() {
    return List.of();
  }

  /**
   * Why nothing is begun now that takes space: the disk is full, and what is kept in reserve is for
   * what frees space. Empty when there is room.
   */
  default Optional<Problem> shortage() {
    return Optional.empty();
  }

  /** Ends all watches and closes the store. Closing it again does nothing. */
  @Override
  void close();
}
