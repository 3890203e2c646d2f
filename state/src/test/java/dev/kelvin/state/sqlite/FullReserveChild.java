package dev.kelvin.state.sqlite;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Uses the reserve of a store on a small file system that something else has filled. */
final class FullReserveChild {
  private static final DiskReserve.Size SIZE = new DiskReserve.Size(2 << 20, 256 << 10);

  private FullReserveChild() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Path reserve = directory.resolve("store.db.reserve");
    Path filler = directory.resolve("filler");
    try (SqliteStore store = open(directory)) {
      require(store.fillReserve(), "there is room for the reserve");
      require(blocks(reserve) >= SIZE.whole(), "it is made of blocks of the disk");
      put(store, "before", false);
      fill(filler);
      exhaust(store);
      require(blocks(reserve) >= SIZE.whole(), "what takes space has not touched the reserve");
      for (int i = 0; blocks(reserve) >= SIZE.whole(); i++) {
        require(i < 10_000, "the reserve is used"); // SQLite's log has blocks already
        put(store, "frees", false);
      }
      String told = store.shortage().orElseThrow().oneLine();
      require(told.contains("full") && told.contains("are free"), "it is told: " + told);
      require(refuses(store), "what takes space is refused");
      for (int i = 0; i < 60; i++) {
        put(store, "frees/" + i, false);
      }
      fill(filler); // something else takes what was given back
      put(store, "frees/more", false);
    }
    fill(filler);
    try (SqliteStore store = open(directory)) {
      require(store.shortage().isPresent(), "the next daemon knows that it is in use");
      put(store, "frees/later", false);
      require(refuses(store), "and refuses what takes space");
      Files.delete(filler);
      put(store, "takes", true);
      require(store.fillReserve(), "there is room for the reserve");
      require(store.shortage().isEmpty(), "there is room again");
      require(blocks(reserve) >= SIZE.whole(), "the reserve is whole again");
      require(store.range("frees", null, 999).entries().size() == 63, "all is written");
    }
    System.out.println("as it should be");
  }

  private static SqliteStore open(Path directory) {
    return SqliteStore.open(
        directory.resolve("store.db"), SteadyTime::now, SqliteStore.KEEP, SIZE, one -> {});
  }

  private static void exhaust(Store store) {
    for (int i = 0; i < 10_000; i++) {
      try {
        put(store, "takes", true);
      } catch (ProblemException e) {
        require(e.problem().detail().contains("is full"), e.problem().oneLine());
        require(String.valueOf(e.problem().remedy()).contains("kelvin rm"), "it teaches");
        return;
      }
    }
    throw new IllegalStateException("the disk is not full");
  }

  private static boolean refuses(Store store) {
    try {
      put(store, "takes", true);
      return false;
    } catch (ProblemException e) {
      return e.problem().detail().contains("is full");
    }
  }

  private static void put(Store store, String key, boolean sparing) {
    store.commit(new Txn(List.of(), List.of(Op.put(key, new byte[2048])), List.of(), sparing));
  }

  private static void fill(Path filler) throws IOException {
    byte[] much = new byte[4096];
    try (OutputStream out =
        Files.newOutputStream(
            filler,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.APPEND)) {
      while (true) {
        out.write(much);
      }
    } catch (IOException e) {
      require(String.valueOf(e.getMessage()).contains("No space left"), "it is full: " + e);
    }
  }

  /** How many bytes of the disk the files of a directory take up. */
  private static long blocks(Path directory) throws IOException {
    var process = new ProcessBuilder("du", "--block-size=1", directory.toString()).start();
    return Long.parseLong(
        new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
            .replaceFirst("\\s.*\\s*$", ""));
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("not: " + what);
    }
  }
}
