package dev.kelvin.machine;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.PassingStore;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A store whose disk is full whenever a test says so. */
public final class BreakableStore extends PassingStore {
  private final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
  private volatile boolean full;
  private volatile Predicate<Op> refused = op -> false;

  public BreakableStore(Store behind) {
    super(behind);
  }

  public void full(boolean isFull) {
    left.set(Integer.MAX_VALUE);
    full = isFull;
  }

  /** It is full after so many more writes. */
  public void fullAfter(int writes) {
    left.set(writes);
  }

  /** It fails at transactions with such an operation. */
  public void refuse(Predicate<Op> operation) {
    refused = operation;
  }

  @Override
  public Result commit(Txn txn) {
    if (!txn.then().isEmpty() && left.decrementAndGet() < 0) {
      full = true;
    }
    if (full || txn.then().stream().anyMatch(refused)) {
      throw Problem.of(Code.HOST_FAILURE, "The store cannot be written").asException();
    }
    return super.commit(txn);
  }
}
