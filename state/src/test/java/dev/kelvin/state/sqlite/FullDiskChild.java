package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes to a store on a small file system until that is full, and on when there is room again. */
final class FullDiskChild {
  private static final int CHUNK = 4096;

  private FullDiskChild() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Path file = directory.resolve("store.db");
    int written;
    try (Store store = SqliteStore.open(file)) {
      Path filler = Files.write(directory.resolve("filler"), new byte[2 << 20]);
      written = writeUntilFull(store);
      check(store, written);
      Files.delete(filler);
      put(store, written);
      written++;
      check(store, written);
    }
    try (Store store = SqliteStore.open(file)) {
      check(store, written);
    }
    System.out.println("as it should be");
  }

  private static int writeUntilFull(Store store) {
    for (int i = 0; true; i++) {
      try {
        put(store, i);
      } catch (ProblemException e) {
        if (e.problem().code() != Code.HOST_FAILURE
            || !e.problem().detail().equals("The store is full")) {
          throw e;
        }
        System.out.println("full after " + i);
        return i;
      }
    }
  }

  private static void put(Store store, int i) {
    store.commit(Txn.of(Op.put("key/%06d".formatted(i), new byte[CHUNK])));
  }

  /** Those that were acknowledged are there, and the one that was refused is not. */
  private static void check(Store store, int written) {
    int found = store.range("key/", null, Integer.MAX_VALUE).entries().size();
    if (found != written || store.revision() != written + 1L) {
      throw new IllegalStateException(found + " of " + written + " at " + store.revision());
    }
  }
}
