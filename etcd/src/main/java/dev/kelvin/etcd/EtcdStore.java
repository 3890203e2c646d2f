package dev.kelvin.etcd;

import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Lease;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreEngine.Place;
import dev.kelvin.state.store.StoreKeys;
import dev.kelvin.state.store.StoreProblems;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import io.etcd.jetcd.api.AlarmRequest;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A store in etcd, for the nodes of a cluster. Reads are linearizable. Each call has a deadline,
 * after which it is refused as unavailable; for a write this may mean that nobody knows whether it
 * was made, and the problem says so.
 *
 * <p>The last {@value #KEEP} revisions are kept: whoever writes has etcd compact older ones. Leases
 * are etcd's: they live for whole seconds, at least for those that etcd wants (two, by default).
 */
final class EtcdStore implements Store {
  private static final System.Logger LOG = System.getLogger(EtcdStore.class.getName());

  /** How many revisions are kept at least. */
  static final int KEEP = 5_000;

  /** For one call, whatever members fail meanwhile. */
  static final Duration DEADLINE = Duration.ofSeconds(6);

  private static final Duration COMPACT_AGAIN = Duration.ofMinutes(1);

  private final Place place;
  private final int keep;
  private final Members members;
  private final Caller caller;
  private final Requests requests;
  private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();
  private final AtomicLong seen = new AtomicLong();
  private final ReentrantLock compacting = new ReentrantLock();
  // Guarded by compacting: up to where it was done, and when it may be tried again after a failure.
  private long compacted;
  private long notBefore = System.nanoTime();
  private volatile boolean closed;

  private EtcdStore(Place place, int keep, Duration deadline) {
    this.place = place;
    this.keep = keep;
    this.members = new Members(place);
    this.caller = new Caller(members, place.endpoints(), deadline);
    this.requests = new Requests(place.prefix());
  }

  /**
   * Connects to etcd.
   *
   * @throws ProblemException unavailable when it does not answer
   */
  static EtcdStore open(Place place) {
    return open(place, KEEP, DEADLINE);
  }

  /**
   * As {@link #open(Place)}.
   *
   * @param keep how many revisions are kept, from 1
   * @param deadline for each call
   */
  static EtcdStore open(Place place, int keep, Duration deadline) {
    var store = new EtcdStore(place, keep, deadline);
    try {
      store.revision();
      return store;
    } catch (ProblemException e) {
      store.close();
      throw e;
    }
  }

  @Override
  public Optional<Entry> get(String key) {
    StoreKeys.checkKey(key);
    return range(requests.get(key), 0).getKvsList().stream().findFirst().map(requests::entry);
  }

  @Override
  public Range range(String prefix, @Nullable String afterKey, int limit, long revision) {
    StoreKeys.checkPrefix(prefix);
    if (limit < 1) {
      throw new IllegalArgumentException("a page has at least one entry, not " + limit);
    }
    boolean some = requests.canHave(prefix, afterKey);
    RangeResponse page =
        range(
            some ? requests.range(prefix, afterKey, limit, revision) : requests.probe(revision),
            revision);
    List<Entry> entries = page.getKvsList().stream().map(requests::entry).toList();
    return new Range(
        entries, revision == 0 ? page.getHeader().getRevision() : revision, page.getMore());
  }

  private RangeResponse range(RangeRequest request, long revision) {
    checkOpen();
    try {
      RangeResponse answer =
          caller.read((channel, options) ->
              ClientCalls.futureUnaryCall(
                  channel.newCall(KVGrpc.getRangeMethod(), options), request));
      saw(answer.getHeader().getRevision());
      return answer;
    } catch (StatusRuntimeException e) {
      if (EtcdProblems.isFuture(e)) {
        throw StoreProblems.unknownRevision(revision, "the store has not reached it yet");
      }
      if (EtcdProblems.isCompacted(e)) {
        throw StoreProblems.unknownRevision(revision, "it is compacted");
      }
      throw EtcdProblems.refused(place.endpoints(), e);
    }
  }

  @Override
  public long revision() {
    return range(requests.probe(0), 0).getHeader().getRevision();
  }

  @Override
  public Result commit(Txn txn) {
    StoreKeys.check(txn);
    checkOpen();
    Caller.Call<TxnResponse> call =
        (channel, options) ->
            ClientCalls.futureUnaryCall(
                channel.newCall(KVGrpc.getTxnMethod(), options), requests.txn(txn));
    try {
      boolean onlyAsks = txn.then().isEmpty() && txn.otherwise().isEmpty();
      TxnResponse done = onlyAsks ? caller.read(call) : caller.write(call);
      long revision = done.getHeader().getRevision();
      saw(revision);
      compact(revision - keep);
      return new Result(done.getSucceeded(), revision);
    } catch (StatusRuntimeException e) {
      if (EtcdProblems.isLeaseGone(e)) {
        throw StoreProblems.leaseGone(leaseOf(txn));
      }
      throw EtcdProblems.refused(place.endpoints(), e);
    }
  }

  /** A lease that the transaction names; etcd does not say which one it misses. */
  private static long leaseOf(Txn txn) {
    return java.util.stream.Stream.concat(txn.then().stream(), txn.otherwise().stream())
        .mapMulti((dev.kelvin.state.store.Op op, java.util.function.Consumer<Long> found) -> {
          if (op instanceof dev.kelvin.state.store.Op.Put put && put.lease() != null) {
            found.accept(put.lease());
          }
        })
        .findFirst()
        .orElse(0L);
  }

  private void saw(long revision) {
    seen.accumulateAndGet(revision, Math::max);
  }

  /** Has etcd forget what is older, from time to time. Other nodes may have been faster. */
  private void compact(long oldest) {
    if (oldest < 1 || !compacting.tryLock()) {
      return;
    }
    try {
      if (oldest - compacted <= slack() || System.nanoTime() - notBefore < 0) {
        return;
      }
      var request = CompactionRequest.newBuilder().setRevision(oldest).build();
      caller.read((channel, options) ->
          ClientCalls.futureUnaryCall(
              channel.newCall(KVGrpc.getCompactMethod(), options), request));
      compacted = oldest;
    } catch (StatusRuntimeException | ProblemException e) {
      if (e instanceof StatusRuntimeException known && EtcdProblems.isCompacted(known)) {
        compacted = oldest;
        return;
      }
      LOG.log(System.Logger.Level.WARNING, "etcd cannot be compacted now", e);
      notBefore = System.nanoTime() + COMPACT_AGAIN.toNanos();
    } finally {
      compacting.unlock();
    }
  }

  private long slack() {
    return keep / 4;
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    StoreKeys.checkPrefix(prefix);
    long after = fromRevision;
    if (fromRevision == 0) {
      after = revision();
    } else {
      refuseCompacted(fromRevision);
    }
    var watch =
        new EtcdWatch(
            new EtcdWatch.Source(
                caller, requests, prefix, after, keep + slack(), seen::get, watches::remove),
            listener);
    watches.add(watch);
    watch.start();
    if (closed) {
      watch.end(StoreProblems.closed());
    }
    return watch;
  }

  private void refuseCompacted(long after) {
    checkOpen();
    try {
      caller.read((channel, options) ->
          ClientCalls.futureUnaryCall(
              channel.newCall(KVGrpc.getRangeMethod(), options), requests.probe(after)));
    } catch (StatusRuntimeException e) {
      if (EtcdProblems.isCompacted(e)) {
        throw StoreProblems.unknownRevision(after, "changes after it are compacted");
      }
      if (!EtcdProblems.isFuture(e)) {
        throw EtcdProblems.refused(place.endpoints(), e);
      }
    }
  }

  @Override
  public Lease grant(Duration ttl) {
    if (ttl.toMillis() < 1) {
      throw new IllegalArgumentException("a lease lives at least 1 ms, not " + ttl);
    }
    long seconds = ttl.plusNanos(999_999_999).toSeconds();
    var request = LeaseGrantRequest.newBuilder().setTTL(seconds).build();
    checkOpen();
    try {
      // One that nobody has heard of ends by itself.
      LeaseGrantResponse granted =
          caller.read((channel, options) ->
              ClientCalls.futureUnaryCall(
                  channel.newCall(LeaseGrpc.getLeaseGrantMethod(), options), request));
      return new Lease(granted.getID(), Duration.ofSeconds(granted.getTTL()));
    } catch (StatusRuntimeException e) {
      throw EtcdProblems.refused(place.endpoints(), e);
    }
  }

  @Override
  public void keepAlive(Lease lease) {
    checkOpen();
    var request = LeaseKeepAliveRequest.newBuilder().setID(lease.id()).build();
    try {
      long left =
          caller
              .read((channel, options) ->
                  OneAnswer.of(
                      channel.newCall(LeaseGrpc.getLeaseKeepAliveMethod(), options), request))
              .getTTL();
      if (left < 1) {
        throw StoreProblems.leaseGone(lease.id());
      }
    } catch (StatusRuntimeException e) {
      throw EtcdProblems.refused(place.endpoints(), e);
    }
  }

  @Override
  public void revoke(Lease lease) {
    checkOpen();
    var request = LeaseRevokeRequest.newBuilder().setID(lease.id()).build();
    try {
      long revision =
          caller
              .write((channel, options) ->
                  ClientCalls.futureUnaryCall(
                      channel.newCall(LeaseGrpc.getLeaseRevokeMethod(), options), request))
              .getHeader()
              .getRevision();
      saw(revision);
    } catch (StatusRuntimeException e) {
      if (EtcdProblems.isLeaseGone(e)) {
        throw StoreProblems.leaseGone(lease.id());
      }
      throw EtcdProblems.refused(place.endpoints(), e);
    }
  }

  /** The alarms that members have raised. */
  @Override
  public List<String> faults() {
    checkOpen();
    var request = AlarmRequest.newBuilder().setAction(AlarmRequest.AlarmAction.GET).build();
    try {
      return caller
          .read((channel, options) ->
              ClientCalls.futureUnaryCall(
                  channel.newCall(MaintenanceGrpc.getAlarmMethod(), options), request))
          .getAlarmsList()
          .stream()
          .map(alarm ->
              "member %x of etcd has raised the alarm %s"
                  .formatted(alarm.getMemberID(), alarm.getAlarm()))
          .toList();
    } catch (StatusRuntimeException e) {
      throw EtcdProblems.refused(place.endpoints(), e);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw StoreProblems.closed().asException();
    }
  }

  @Override
  public void close() {
    closed = true;
    caller.close();
    watches.forEach(watch -> watch.end(StoreProblems.closed()));
    members.close();
  }
}
