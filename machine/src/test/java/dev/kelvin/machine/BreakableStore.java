package dev.kelvin.machine;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.PassingStore;
import dev.kelvin.state.Result;
import dev.kelvin.state.Store;
import dev.kelvin.state.Txn;

/** A store whose disk is full whenever a test says so. */
final class BreakableStore extends PassingStore {
  private volatile boolean full;

  BreakableStore(Store behind) {
    super(behind);
  }

  void full(boolean isFull) {
    full = isFull;
  }

  @Override
  public Result commit(Txn txn) {
    if (full) {
      throw Problem.of(Code.HOST_FAILURE, "The store cannot be written").asException();
    }
    return super.commit(txn);
  }
}
