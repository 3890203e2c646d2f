package dev.kelvin.it.fault;

import dev.kelvin.state.store.PassingStore;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A store that stands still before or after a chosen write, for a test that then kills the process
 * from outside. Whatever a daemon does durably it does by writes to its store; so killing at each
 * of them is killing at every boundary of a step, and between any two effects that a step records.
 */
final class KillSwitch extends PassingStore {
  /** Which side of a write. */
  enum Side {
    BEFORE,
    AFTER
  }

  private final Path plan;
  private final Path reached;
  private final AtomicInteger writes = new AtomicInteger();
  private volatile boolean standsStill;
  private volatile @Nullable Stop stop;

  private record Stop(int write, Side side) {}

  /**
   * @param home where {@link #arm} leaves the plan, and the daemon its answer
   */
  KillSwitch(Store real, Path home) {
    super(real);
    this.plan = planFile(home);
    this.reached = reachedFile(home);
  }

  private static Path planFile(Path home) {
    return home.resolve("kill-plan");
  }

  private static Path reachedFile(Path home) {
    return home.resolve("kill-reached");
  }

  /** Tells the daemon of {@code home} to stand still at the {@code write}th write from now. */
  static void arm(Path home, int write, Side side) throws IOException {
    Files.deleteIfExists(reachedFile(home));
    Path draft = home.resolve("kill-plan.new");
    Files.writeString(draft, write + " " + side);
    Files.move(draft, planFile(home), StandardCopyOption.ATOMIC_MOVE);
  }

  static void disarm(Path home) throws IOException {
    Files.deleteIfExists(planFile(home));
  }

  /** Whether the daemon stands still there. */
  static boolean isReached(Path home) {
    return Files.exists(reachedFile(home));
  }

  @Override
  public Result commit(Txn txn) {
    Stop at = plan();
    int number = at == null || txn.then().isEmpty() ? 0 : writes.incrementAndGet();
    if (standsStill || (at != null && at.equals(new Stop(number, Side.BEFORE)))) {
      standStill();
    }
    Result result = super.commit(txn);
    if (standsStill || (at != null && at.equals(new Stop(number, Side.AFTER)))) {
      standStill();
    }
    return result;
  }

  private @Nullable Stop plan() {
    if (stop == null && Files.exists(plan)) {
      try {
        String[] words = Files.readString(plan).split(" ", 2);
        stop =
            new Stop(Integer.parseInt(words[0]), Side.valueOf(words[1].toUpperCase(Locale.ROOT)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return stop;
  }

  /** The end of this process, as far as its store is concerned. */
  private void standStill() {
    standsStill = true;
    try {
      Files.writeString(reached, "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    while (standsStill) {
      LockSupport.park(this);
    }
  }
}
