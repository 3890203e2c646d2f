package dev.kelvin.state.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a store must do, as simply as can be: every revision's whole contents, and every change.
 * Keys are ASCII here, which Java orders as stores do.
 */
final class HistoryModel {
  private final List<TreeMap<String, Entry>> states = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();

  HistoryModel() {
    states.add(new TreeMap<>()); // revision 0, which no store has
    states.add(new TreeMap<>());
  }

  long revision() {
    return states.size() - 1L;
  }

  Map<String, Entry> now() {
    return states.getLast();
  }

  List<Change> changesAfter(long revision, String prefix) {
    return changes.stream()
        .filter(change -> change.revision() > revision && change.key().startsWith(prefix))
        .toList();
  }

  Result commit(Txn txn) {
    boolean succeeded = txn.compares().stream().allMatch(this::holds);
    long next = revision() + 1;
    var state = new TreeMap<String, Entry>(now());
    List<Change> made = new ArrayList<>();
    for (Op op : succeeded ? txn.then() : txn.otherwise()) {
      switch (op) {
        case Op.Put(String key, byte[] value, Long lease) -> {
          Entry old = now().get(key);
          var entry =
              old == null
                  ? new Entry(key, value, next, next, 1, lease)
                  : new Entry(key, value, old.createRevision(), next, old.version() + 1, lease);
          state.put(key, entry);
          made.add(new Change.Put(entry));
        }
        case Op.Delete(String key) -> delete(key, state, made, next);
        case Op.DeletePrefix(String prefix) ->
            List.copyOf(state.keySet()).stream()
                .filter(key -> key.startsWith(prefix))
                .forEach(key -> delete(key, state, made, next));
      }
    }
    if (!made.isEmpty()) {
      states.add(state);
      changes.addAll(made);
    }
    return new Result(succeeded, revision());
  }

  private static void delete(
      String key, Map<String, Entry> state, List<Change> made, long revision) {
    if (state.remove(key) != null) {
      made.add(new Change.Delete(key, revision));
    }
  }

  private boolean holds(Compare compare) {
    Entry entry = now().get(compare.key());
    return switch (compare) {
      case Compare.OfValue value ->
          entry != null && holds(value.relation(), compareBytes(entry.value(), value.operand()));
      case Compare.OfNumber number -> {
        long there =
            entry == null
                ? 0
                : switch (number.field()) {
                  case CREATE_REVISION -> entry.createRevision();
                  case MOD_REVISION -> entry.modRevision();
                  case VERSION -> entry.version();
                };
        yield holds(number.relation(), Long.signum(there - number.operand()));
      }
    };
  }

  private static int compareBytes(byte[] a, byte[] b) {
    return new String(a, StandardCharsets.US_ASCII)
        .compareTo(new String(b, StandardCharsets.US_ASCII));
  }

  private static boolean holds(Compare.Relation relation, int order) {
    return switch (relation) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case LESS -> order < 0;
      case GREATER -> order > 0;
    };
  }

  Range range(String prefix, @Nullable String after, int limit, long revision) {
    List<Entry> all =
        states.get((int) revision).values().stream()
            .filter(entry -> entry.key().startsWith(prefix))
            .filter(entry -> after == null || entry.key().compareTo(after) > 0)
            .toList();
    return new Range(all.subList(0, Math.min(limit, all.size())), revision, all.size() > limit);
  }
}
