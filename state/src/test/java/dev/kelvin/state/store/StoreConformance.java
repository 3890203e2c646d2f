package dev.kelvin.state.store;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What every store does: the semantics of etcd v3, as {@link Store} promises them. */
public abstract class StoreConformance
    implements TransactionConformance,
        RangeConformance,
        WatchConformance,
        LeaseConformance,
        HistoryConformance {

  /** How many revisions the stores of these tests keep. */
  public static final int KEEP = 40;

  private final ManualClock clock = new ManualClock();
  private @Nullable Store store;

  /** A new empty store, which the test closes. */
  protected abstract Store open(InstantSource clock, int keep);

  @BeforeEach
  void openStore() {
    store = open(clock, KEEP);
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  @Override
  public Store store() {
    if (store == null) {
      throw new IllegalStateException("no store is open");
    }
    return store;
  }

  @Override
  public Store store(int keep) {
    closeStore();
    store = open(clock, keep);
    return store;
  }

  @Override
  public Duration ttl() {
    return Duration.ofSeconds(10);
  }

  @Override
  public void pass(Duration time) {
    clock.advance(time);
  }

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static Op put(String key, String value) {
    return Op.put(key, bytes(value));
  }
}
