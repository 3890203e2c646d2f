package dev.kelvin.it.fault;

import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Damages what a daemon has stored, while it does not run. */
final class TornState {
  private static final byte[] TORN = "{\"v\":1,\"doc\":{\"meta".getBytes(StandardCharsets.UTF_8);

  private TornState() {}

  /**
   * Kills the daemon, tears the documents of these keys and starts it again.
   *
   * @return the documents as they were
   */
  static List<Op> tear(TestDaemon daemon, String... keys) throws IOException, InterruptedException {
    var good = new ArrayList<Op>();
    daemon.kill();
    try (Store store = SqliteStore.open(daemon.layout().store())) {
      for (String key : keys) {
        Entry before = store.get(key).orElseThrow();
        good.add(Op.put(key, before.value()));
        store.commit(Txn.of(Op.put(key, TORN)));
      }
    }
    daemon.restart();
    return good;
  }

  /** Kills the daemon, puts back what {@link #tear} returned, and starts it again. */
  static void mend(TestDaemon daemon, List<Op> good) throws IOException, InterruptedException {
    daemon.kill();
    try (Store store = SqliteStore.open(daemon.layout().store())) {
      store.commit(Txn.of(good));
    }
    daemon.restart();
  }
}
