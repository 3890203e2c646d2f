package dev.kelvin.state.sqlite;

import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import dev.kelvin.state.store.Txn;
import java.nio.file.Path;

/**
 * Writes the keys {@code <thread>/<number>} until it is killed, and says of each when it is
 * acknowledged.
 */
final class WriterChild {
  private WriterChild() {}

  public static void main(String[] arguments) throws Exception {
    int threads = Integer.parseInt(arguments[1]);
    try (Store store = SqliteStore.open(Path.of(arguments[0]))) {
      System.out.println("open");
      for (int i = 0; i < threads; i++) {
        int name = i;
        Thread.ofPlatform().start(() -> write(store, name));
      }
      Thread.currentThread().join(); // until killed
    } catch (ProblemException e) {
      System.out.println("refused: " + e.problem().code());
    }
  }

  private static void write(Store store, int name) {
    for (int number = 0; true; number++) {
      String key = name + "/" + number;
      store.commit(Txn.of(StoreConformance.put(key, "value of " + key)));
      System.out.println(key);
    }
  }
}
