package dev.kelvin.state.engine;

import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Txn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a transaction does to what is there. Pure: stores persist the changes.
 *
 * @param changes in order; empty when nothing changes
 */
public record Evaluation(boolean succeeded, List<Change> changes) {
  /** What is there. */
  public interface View<X extends Exception> {
    @Nullable Entry get(String key) throws X;

    /** In order. */
    List<String> keys(String prefix) throws X;
  }

  /**
   * Evaluates a checked transaction.
   *
   * @param revision that the changes would have
   */
  public static <X extends Exception> Evaluation of(Txn txn, View<X> view, long revision) throws X {
    boolean succeeded = true;
    for (Compare compare : txn.compares()) {
      succeeded = succeeded && holds(compare, view.get(compare.key()));
    }
    List<Change> changes = new ArrayList<>();
    Set<String> deleted = new LinkedHashSet<>();
    for (Op op : succeeded ? txn.then() : txn.otherwise()) {
      switch (op) {
        case Op.Put put -> changes.add(put(put, view.get(put.key()), revision));
        case Op.Delete(String key) -> {
          if (!deleted.contains(key) && view.get(key) != null) {
            deleted.add(key);
            changes.add(new Change.Delete(key, revision));
          }
        }
        case Op.DeletePrefix(String prefix) -> {
          for (String key : view.keys(prefix)) {
            if (deleted.add(key)) {
              changes.add(new Change.Delete(key, revision));
            }
          }
        }
      }
    }
    return new Evaluation(succeeded, changes);
  }

  private static Change put(Op.Put put, @Nullable Entry before, long revision) {
    long created = before == null ? revision : before.createRevision();
    long version = before == null ? 1 : before.version() + 1;
    return new Change.Put(
        new Entry(put.key(), put.value(), created, revision, version, put.lease()));
  }

  private static boolean holds(Compare compare, @Nullable Entry entry) {
    return switch (compare) {
      case Compare.OfValue(String _, Compare.Relation relation, byte[] operand) ->
          entry != null && relation.holds(Arrays.compareUnsigned(entry.value(), operand));
      case Compare.OfNumber(
              String _,
              Compare.Field field,
              Compare.Relation relation,
              long operand) ->
          relation.holds(Long.compare(entry == null ? 0 : number(field, entry), operand));
    };
  }

  private static long number(Compare.Field field, Entry entry) {
    return switch (field) {
      case CREATE_REVISION -> entry.createRevision();
      case MOD_REVISION -> entry.modRevision();
      case VERSION -> entry.version();
    };
  }
}
