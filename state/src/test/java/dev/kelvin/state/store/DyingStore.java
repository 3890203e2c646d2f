package dev.kelvin.state.store;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.util.concurrent.atomic.AtomicInteger;

/** A store that tells before and after each commit; nothing happens when that throws. */
public final class DyingStore extends PassingStore {
  private final Points points;

  public DyingStore(Store store, Points points) {
    super(store);
    this.points = points;
  }

  /** Throws at one point and at all that follow it, as if the process were gone from there on. */
  public static Points dead(int at, AtomicInteger count) {
    return () -> {
      if (count.incrementAndGet() >= at) {
        throw Problem.of(Code.HOST_FAILURE, "The process is dead").asException();
      }
    };
  }

  @Override
  public Result commit(Txn txn) {
    points.reached();
    Result result = super.commit(txn);
    points.reached();
    return result;
  }
}
