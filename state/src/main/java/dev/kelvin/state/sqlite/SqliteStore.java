package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.state.engine.Evaluation;
import dev.kelvin.state.engine.Leases;
import dev.kelvin.state.engine.Watches;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Lease;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreKeys;
import dev.kelvin.state.store.StoreProblems;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A store in one file, for one node: SQLite with a write-ahead log, synced at each commit. The last
 * {@value #KEEP} revisions are kept for watches and paging.
 */
public final class SqliteStore implements Store {
  /** How many revisions are kept before older ones are compacted. */
  public static final int KEEP = 5_000;

  private final Path file;
  private final int keep;
  private final StoreLock lock;
  private final SqliteWriter writer;
  private final SqliteReaders readers;
  private final DiskReserve reserve;
  private final Watches watches;
  private final Leases leases;
  private final AtomicBoolean closed = new AtomicBoolean();

  private SqliteStore(Path file, InstantSource clock, int keep, StoreLock lock, DiskReserve reserve)
      throws SQLException, IOException {
    this.file = file;
    this.keep = keep;
    this.lock = lock;
    this.reserve = reserve;
    this.watches = new Watches(this::changes, keep);
    this.leases = new Leases(clock, this::expire);
    SqliteSession session = SqliteSession.open(file);
    try {
      SqliteSchema.prepare(session, file);
      this.readers = new SqliteReaders(file);
      this.writer = new SqliteWriter(file, session, readers, reserve, watches::committed);
      new SqliteTables(session).leases().forEach(leases::begin);
    } catch (SQLException | IOException | ProblemException e) {
      session.close();
      throw e;
    }
    writer.start();
    leases.start();
  }

  /**
   * Opens a store, or makes an empty one, readable by its owner only.
   *
   * @param file its directory is there or is made; SQLite keeps its log beside it, and there are a
   *     lock and SQLite's library
   * @throws ProblemException conflict when a daemon has it open; wrong-state when a newer Kelvin
   *     wrote it; host-failure when it is damaged or cannot be read or written
   */
  public static SqliteStore open(Path file) {
    return open(file, SteadyTime::now, KEEP);
  }

  /**
   * As {@link #open(Path)}.
   *
   * @param clock by which leases expire; must not jump
   * @param keep how many revisions are kept, from 1
   */
  public static SqliteStore open(Path file, InstantSource clock, int keep) {
    return open(file, clock, keep, DiskReserve.USUAL, one -> {});
  }

  /**
   * As {@link #open(Path)}, and keeps some disk in reserve beside the file for as long as it is
   * open: on a full disk what frees space can still be written.
   *
   * @param sync for file systems that else keep for a while what is given back
   */
  public static SqliteStore openWithReserve(Path file, FileSystemSync sync) {
    SqliteStore store = open(file, SteadyTime::now, KEEP, DiskReserve.USUAL, sync);
    store.reserve.keep();
    return store;
  }

  static SqliteStore open(
      Path file, InstantSource clock, int keep, DiskReserve.Size size, FileSystemSync sync) {
    Path absolute = file.toAbsolutePath();
    Path directory = Optional.ofNullable(absolute.getParent()).orElseThrow();
    StoreLock lock = null;
    try {
      Files.createDirectories(directory);
      SqliteNative.load(directory.resolve("native"));
      // Whoever may read a file may lock it, and so keep a daemon from starting.
      create(absolute.resolveSibling(absolute.getFileName() + ".lock"));
      lock = StoreLock.of(absolute);
      // As older versions left it: nobody reads it now.
      Files.deleteIfExists(absolute.resolveSibling(absolute.getFileName() + "-shm"));
      var reserve = new DiskReserve(absolute, size, sync);
      SqliteStore store = open(absolute, clock, keep, lock, reserve);
      lock = null; // the store's now
      return store;
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The store cannot be opened")
          .on(absolute.toString())
          .because(e.toString())
          .remedy("check the space, owner and mode of its directory")
          .asException(e);
    } catch (SQLException e) {
      throw SqliteProblems.of(absolute, e);
    } finally {
      if (lock != null) {
        lock.close();
      }
    }
  }

  /** On a full disk with pieces of the reserve: SQLite makes files when it opens a store. */
  private static SqliteStore open(
      Path file, InstantSource clock, int keep, StoreLock lock, DiskReserve reserve)
      throws IOException, SQLException {
    while (true) {
      try {
        create(file);
        return new SqliteStore(file, clock, keep, lock, reserve);
      } catch (SQLException e) {
        if (!reserve.isWanted(e) || !reserve.release()) {
          throw e;
        }
      }
    }
  }

  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file, OwnerOnly.attribute());
    } catch (FileAlreadyExistsException e) {
      if (!Files.isRegularFile(file)) {
        throw e;
      }
      // Its journal takes its mode from it, unless it is left from before.
      for (String part : List.of("", "-wal")) {
        Path one = file.resolveSibling(file.getFileName() + part);
        if (Files.isRegularFile(one)) {
          var _ = OwnerOnly.restrict(one);
        }
      }
    }
  }

  @Override
  public Optional<Entry> get(String key) {
    StoreKeys.checkKey(key);
    return readers.read(tables -> Optional.ofNullable(tables.get(key)));
  }

  @Override
  public Range range(String prefix, @Nullable String afterKey, int limit, long revision) {
    StoreKeys.checkPrefix(prefix);
    if (limit < 1) {
      throw new IllegalArgumentException("a page has at least one entry, not " + limit);
    }
    return readers.read(tables -> tables.range(prefix, afterKey, limit, revision));
  }

  @Override
  public long revision() {
    return writer.revision();
  }

  @Override
  public Result commit(Txn txn) {
    StoreKeys.check(txn);
    return done(writer.submit(batch -> apply(txn, batch), txn.sparing()));
  }

  private <T> T done(CompletableFuture<T> answer) {
    return ThreadAnswers.of(answer, () -> SqliteProblems.writeHangs(file));
  }

  private Result apply(Txn txn, SqliteWriter.Batch batch) throws SQLException {
    var evaluation = Evaluation.of(txn, batch.tables(), batch.revision() + 1);
    for (Change change : evaluation.changes()) {
      if (change instanceof Change.Put(Entry entry)
          && entry.lease() != null
          && !batch.tables().hasLease(entry.lease())) {
        throw StoreProblems.leaseGone(entry.lease());
      }
    }
    write(batch, evaluation.changes());
    return new Result(evaluation.succeeded(), batch.revision());
  }

  private void write(SqliteWriter.Batch batch, List<Change> changes) throws SQLException {
    batch.write(changes);
    long oldest = batch.revision() - keep;
    // Not at each revision: it looks at every key.
    if (!changes.isEmpty() && oldest - batch.tables().compacted() > keep / 4) {
      batch.tables().compact(oldest);
    }
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    StoreKeys.checkPrefix(prefix);
    long after = fromRevision == 0 ? revision() : fromRevision;
    readers.read(tables -> {
      long compacted = tables.compacted();
      if (after < compacted) {
        throw StoreProblems.unknownRevision(after, tables.revision(), compacted);
      }
      return compacted;
    });
    return watches.add(prefix, after, listener, this::revision);
  }

  private Watches.Changes changes(String prefix, long after, int stride) {
    return readers.read(tables -> {
      long now = tables.revision();
      if (after < tables.compacted()) {
        throw StoreProblems.unknownRevision(after, now, tables.compacted());
      }
      long upTo = Math.min(now, after + stride);
      return new Watches.Changes(tables.changes(prefix, after, upTo), upTo);
    });
  }

  @Override
  public Lease grant(Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease lives at least 1 ms, not " + ttl);
    }
    Lease lease = done(writer.submit(batch -> batch.tables().addLease(ttl)));
    leases.begin(lease);
    return lease;
  }

  @Override
  public void keepAlive(Lease lease) {
    leases.keepAlive(lease);
  }

  @Override
  public void revoke(Lease lease) {
    done(writer.submit(batch -> end(lease.id(), batch)));
    leases.forget(lease.id());
  }

  private void expire(Lease lease) {
    boolean ended =
        done(
            writer.submit(batch -> {
              boolean due = leases.expired(lease.id()); // not kept alive meanwhile
              return due && batch.tables().hasLease(lease.id()) && end(lease.id(), batch);
            }));
    if (ended) {
      leases.forget(lease.id());
    }
  }

  private boolean end(long lease, SqliteWriter.Batch batch) throws SQLException {
    if (!batch.tables().hasLease(lease)) {
      throw StoreProblems.leaseGone(lease);
    }
    long revision = batch.revision() + 1;
    List<Change> changes =
        batch.tables().keysOf(lease).stream()
            .<Change>map(key -> new Change.Delete(key, revision))
            .toList();
    batch.tables().removeLease(lease);
    write(batch, changes);
    return true;
  }

  @Override
  public List<String> faults() {
    return readers.read(SqliteTables::faults);
  }

  @Override
  public Optional<Problem> shortage() {
    return reserve.shortage();
  }

  /** Makes or completes the reserve; for tests, which do not wait. */
  boolean fillReserve() {
    return reserve.fill();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    leases.close();
    reserve.close();
    watches.close(StoreProblems.closed());
    try (lock) {
      readers.close();
      writer.close(); // last: the last connection empties the log into the file
    } catch (SQLException e) {
      throw SqliteProblems.of(file, e);
    }
  }
}
