package dev.kelvin.state.store;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Searches for an order in which a register could have executed what concurrent clients saw: one
 * that begins with nothing, agrees with every answer, and in which nothing is moved before its
 * question or behind its answer (Herlihy and Wing, "Linearizability"; the search is that of Wing
 * and Gong, with the states that failed remembered, as by Lowe).
 */
final class Linearizability {
  /** What a register holds; nulls where there is nothing. */
  record State(@Nullable String value, long revision) {
    static final State ABSENT = new State(null, 0);
  }

  /** What a client asks of a register. */
  sealed interface Action {
    record Read() implements Action {}

    /** Puts a value; with a revision only if the register was last changed at it. */
    record Write(String value, @Nullable Long expected) implements Action {}

    record Delete() implements Action {}
  }

  /**
   * A question and its answer.
   *
   * @param begin when it was asked, in nanoseconds
   * @param end when the answer came; the greatest number when none came
   * @param seen of a read, what it has seen
   * @param succeeded of a write, whether its condition held; null when nobody knows
   * @param revision of a change that succeeded
   */
  record Operation(
      Action action,
      long begin,
      long end,
      @Nullable State seen,
      @Nullable Boolean succeeded,
      long revision) {
    boolean known() {
      return end != Long.MAX_VALUE;
    }
  }

  private record Reached(BitSet done, State state) {}

  private static final long UNKNOWN = -1;

  private final List<Operation> operations;
  private final Set<Reached> failed = new HashSet<>();

  private Linearizability(List<Operation> operations) {
    this.operations = operations;
  }

  /** Whether there is such an order. */
  static boolean holds(List<Operation> history) {
    List<Operation> ordered = new ArrayList<>(history);
    ordered.sort((a, b) -> Long.compare(a.begin(), b.begin()));
    return new Linearizability(ordered).search(new BitSet(), State.ABSENT);
  }

  private boolean search(BitSet done, State state) {
    if (unanswered(done)) {
      return true;
    }
    var reached = new Reached((BitSet) done.clone(), state);
    if (failed.contains(reached)) {
      return false;
    }
    // Whatever began after some answer that is not placed yet cannot be next.
    long bound = Long.MAX_VALUE;
    for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
      bound = Math.min(bound, operations.get(i).end());
    }
    for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
      Operation next = operations.get(i);
      if (next.begin() > bound) {
        break;
      }
      State after = apply(next, state);
      if (after != null) {
        done.set(i);
        if (search(done, after)) {
          return true;
        }
        done.clear(i);
      }
    }
    failed.add(reached);
    return false;
  }

  /** Whether only such operations are left that may never have happened. */
  private boolean unanswered(BitSet done) {
    for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
      if (operations.get(i).known()) {
        return false;
      }
    }
    return true;
  }

  /** The state after an operation; null when it could not have answered so. */
  private static @Nullable State apply(Operation operation, State state) {
    return switch (operation.action()) {
      case Action.Read() -> read(operation.seen(), state);
      case Action.Write(String value, Long expected) -> {
        boolean holds = expected == null || expected == state.revision();
        if (!operation.known()) {
          // One that had no effect need not be placed at all.
          yield holds ? new State(value, UNKNOWN) : null;
        }
        if (holds != Boolean.TRUE.equals(operation.succeeded())) {
          yield null;
        }
        boolean later = operation.revision() > state.revision();
        yield holds ? (later ? new State(value, operation.revision()) : null) : state;
      }
      case Action.Delete() -> State.ABSENT;
    };
  }

  /** A read is the first to tell the revision of a write that had no answer. */
  private static @Nullable State read(@Nullable State seen, State state) {
    boolean same =
        seen != null
            && Objects.equals(seen.value(), state.value())
            && (state.revision() == UNKNOWN || seen.revision() == state.revision());
    return same ? seen : null;
  }
}
