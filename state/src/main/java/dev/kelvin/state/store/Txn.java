package dev.kelvin.state.store;

import java.util.ArrayList;
import java.util.List;

/**
 * A transaction: if all compares hold, then these operations, otherwise those. A branch puts a key
 * at most once and does not also delete it.
 *
 * <p>{@code Txn.when(Compare.absent(k)).andThen(Op.put(k, v))}
 *
 * @param sparing whether it is refused rather than written with what a store keeps in reserve for
 *     the moment when its disk is full
 */
public record Txn(List<Compare> compares, List<Op> then, List<Op> otherwise, boolean sparing) {
  public Txn {
    compares = List.copyOf(compares);
    then = List.copyOf(then);
    otherwise = List.copyOf(otherwise);
  }

  public Txn(List<Compare> compares, List<Op> then, List<Op> otherwise) {
    this(compares, then, otherwise, false);
  }

  /** Operations without a condition. */
  public static Txn of(Op... ops) {
    return of(List.of(ops));
  }

  public static Txn of(List<Op> ops) {
    return new Txn(List.of(), ops, List.of());
  }

  /** A transaction that does nothing yet. */
  public static Txn when(Compare... compares) {
    return new Txn(List.of(compares), List.of(), List.of());
  }

  /** This one with more operations for when the compares hold. */
  public Txn andThen(Op... ops) {
    return new Txn(compares, joined(then, List.of(ops)), otherwise, sparing);
  }

  /** This one with more operations for when a compare does not hold. */
  public Txn orElse(Op... ops) {
    return new Txn(compares, then, joined(otherwise, List.of(ops)), sparing);
  }

  private static List<Op> joined(List<Op> first, List<Op> second) {
    var all = new ArrayList<Op>(first);
    all.addAll(second);
    return all;
  }
}
