package dev.kelvin.etcd;

import com.google.protobuf.ByteString;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Txn;
import io.etcd.jetcd.api.Compare.CompareResult;
import io.etcd.jetcd.api.Compare.CompareTarget;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.WatchCreateRequest;
import org.jspecify.annotations.Nullable;

/**
 * What etcd is asked, and what it answers. Keys lie below a prefix there that nobody here sees.
 *
 * @param root the prefix
 */
record Requests(String root) {
  private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

  private ByteString key(String key) {
    return ByteString.copyFromUtf8(root + key);
  }

  /** The first key that no longer begins with {@code prefix}; a zero byte means the last of all. */
  private ByteString end(String prefix) {
    byte[] bytes = key(prefix).toByteArray();
    for (int i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] != (byte) 0xff) {
        bytes[i]++;
        return ByteString.copyFrom(bytes, 0, i + 1);
      }
    }
    return ZERO;
  }

  /** An empty key would mean none at all: all keys begin at a zero byte. */
  private ByteString begin(String prefix) {
    ByteString begin = key(prefix);
    return begin.isEmpty() ? ZERO : begin;
  }

  RangeRequest get(String key) {
    return RangeRequest.newBuilder().setKey(key(key)).build();
  }

  /** Asks for the entries of a page. */
  RangeRequest range(String prefix, @Nullable String afterKey, int limit, long revision) {
    ByteString begin = begin(prefix);
    if (afterKey != null) {
      ByteString after = key(afterKey).concat(ZERO);
      if (ByteString.unsignedLexicographicalComparator().compare(after, begin) > 0) {
        begin = after;
      }
    }
    return RangeRequest.newBuilder()
        .setKey(begin)
        .setRangeEnd(end(prefix))
        .setLimit(limit)
        .setRevision(revision)
        .build();
  }

  /** Whether a page that begins after {@code afterKey} can have entries at all. */
  boolean canHave(String prefix, @Nullable String afterKey) {
    if (afterKey == null) {
      return true;
    }
    ByteString end = end(prefix);
    return end.equals(ZERO)
        || ByteString.unsignedLexicographicalComparator().compare(key(afterKey).concat(ZERO), end)
            < 0;
  }

  /** Asks for no entry, but for whether that revision can be read; 0 for the revision of now. */
  RangeRequest probe(long revision) {
    return RangeRequest.newBuilder()
        .setKey(key("\0"))
        .setCountOnly(true)
        .setRevision(revision)
        .build();
  }

  TxnRequest txn(Txn txn) {
    var request = TxnRequest.newBuilder();
    txn.compares().forEach(compare -> request.addCompare(compare(compare)));
    txn.then().forEach(op -> request.addSuccess(op(op)));
    txn.otherwise().forEach(op -> request.addFailure(op(op)));
    return request.build();
  }

  private io.etcd.jetcd.api.Compare compare(Compare compare) {
    var made = io.etcd.jetcd.api.Compare.newBuilder().setKey(key(compare.key()));
    return switch (compare) {
      case Compare.OfNumber(
              String _,
              Compare.Field field,
              Compare.Relation relation,
              long number) -> {
        made.setResult(result(relation));
        yield switch (field) {
          case CREATE_REVISION ->
              made.setTarget(CompareTarget.CREATE).setCreateRevision(number).build();
          case MOD_REVISION -> made.setTarget(CompareTarget.MOD).setModRevision(number).build();
          case VERSION -> made.setTarget(CompareTarget.VERSION).setVersion(number).build();
        };
      }
      case Compare.OfValue(String _, Compare.Relation relation, byte[] value) ->
          made.setResult(result(relation))
              .setTarget(CompareTarget.VALUE)
              .setValue(ByteString.copyFrom(value))
              .build();
    };
  }

  private static CompareResult result(Compare.Relation relation) {
    return switch (relation) {
      case EQUAL -> CompareResult.EQUAL;
      case NOT_EQUAL -> CompareResult.NOT_EQUAL;
      case LESS -> CompareResult.LESS;
      case GREATER -> CompareResult.GREATER;
    };
  }

  private RequestOp op(Op op) {
    var made = RequestOp.newBuilder();
    return switch (op) {
      case Op.Put(String key, byte[] value, Long lease) ->
          made.setRequestPut(
                  PutRequest.newBuilder()
                      .setKey(key(key))
                      .setValue(ByteString.copyFrom(value))
                      .setLease(lease == null ? 0 : lease))
              .build();
      case Op.Delete(String key) ->
          made.setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key(key))).build();
      case Op.DeletePrefix(String prefix) ->
          made.setRequestDeleteRange(
                  DeleteRangeRequest.newBuilder().setKey(begin(prefix)).setRangeEnd(end(prefix)))
              .build();
    };
  }

  /** Asks for what follows revision {@code after}. */
  WatchCreateRequest watch(String prefix, long after) {
    return WatchCreateRequest.newBuilder()
        .setKey(begin(prefix))
        .setRangeEnd(end(prefix))
        .setStartRevision(after + 1)
        .setProgressNotify(true)
        .build();
  }

  Entry entry(KeyValue found) {
    return new Entry(
        name(found.getKey()),
        found.getValue().toByteArray(),
        found.getCreateRevision(),
        found.getModRevision(),
        found.getVersion(),
        found.getLease() == 0 ? null : found.getLease());
  }

  Change change(Event event) {
    KeyValue about = event.getKv();
    return event.getType() == Event.EventType.DELETE
        ? new Change.Delete(name(about.getKey()), about.getModRevision())
        : new Change.Put(entry(about));
  }

  private String name(ByteString key) {
    return key.toStringUtf8().substring(root.length());
  }
}
