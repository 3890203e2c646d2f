package dev.kelvin.state.sqlite;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Recorder;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Watch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store's file is deleted, or replaced, while a daemon has it open. */
class SqliteFileTest {
  @TempDir Path directory;

  @Test
  void aDeletedFileIsWrittenAnew() throws IOException {
    Path file = directory.resolve("deep/store.db");
    try (var store = SqliteStore.open(file)) {
      store.commit(Txn.of(put("before", "1")));
      var recorder = new Recorder();
      try (Watch _ = store.watch("", 0, recorder)) {
        deleteAll(file);
        store.commit(Txn.of(put("after", "2")));
        assertThat(recorder.next(1)).extracting(Change::key).containsExactly("after");
      }
      assertThat(store.get("before")).isPresent();
      assertThat(store.revision()).isEqualTo(3);
      deleteAll(file);
      store.commit(Txn.of(put("again", "3")));
    }
    try (var store = SqliteStore.open(file)) {
      assertThat(store.range("", null, 9).entries())
          .extracting(Entry::key)
          .containsExactly("after", "again", "before");
      assertThat(store.revision()).isEqualTo(4);
    }
  }

  @Test
  void whoReadsMeanwhileSeesEverything() throws Exception {
    Path file = directory.resolve("store.db");
    var ending = new AtomicBoolean();
    try (var store = SqliteStore.open(file);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      store.commit(Txn.of(put("kept", "1")));
      var readers = new ArrayList<Future<Integer>>();
      for (int i = 0; i < 4; i++) {
        readers.add(
            threads.submit(() -> {
              int seen = 0;
              while (!ending.get()) {
                seen += store.get("kept").isPresent() ? 1 : -1_000_000;
              }
              return seen;
            }));
      }
      try {
        for (int i = 0; i < 20; i++) {
          deleteAll(file);
          store.commit(Txn.of(put("round", Integer.toString(i))));
        }
      } finally {
        ending.set(true);
      }
      for (Future<Integer> reader : readers) {
        assertThat(reader.get()).isNotNegative();
      }
    }
  }

  /** As when somebody deletes the state directory, and nothing can be written there any more. */
  @Test
  void aPlaceThatIsGoneIsToldAndTakenAgainWhenItIsBack() throws Exception {
    Path file = directory.resolve("state/store.db");
    Path parent = directory.resolve("state");
    try (var store = SqliteStore.open(file)) {
      store.commit(Txn.of(put("kept", "1")));
      deleteTree(parent);
      Files.createFile(parent);
      for (int i = 0; i < 3; i++) {
        assertThat(refused(Code.UNAVAILABLE, () -> store.commit(Txn.of(put("lost", "2")))).object())
            .isEqualTo(file.toString());
      }
      Files.delete(parent);
      store.commit(Txn.of(put("after", "3")));
      assertThat(store.get("lost")).isEmpty();
    }
    try (var store = SqliteStore.open(file)) {
      assertThat(store.range("", null, 9).entries())
          .extracting(Entry::key)
          .containsExactly("after", "kept");
    }
  }

  @Test
  void aStoreWhosePlaceIsGoneEnds() throws Exception {
    Path parent = directory.resolve("state");
    var store = SqliteStore.open(parent.resolve("store.db"));
    store.commit(Txn.of(put("kept", "1")));
    deleteTree(parent);
    Files.createFile(parent);
    refused(Code.UNAVAILABLE, () -> store.commit(Txn.of(put("lost", "2"))));
    Thread ending = Thread.ofPlatform().daemon().start(store::close);
    assertThat(ending.join(Duration.ofSeconds(30))).isTrue();
  }

  /** Whoever deletes goes on deleting while the store is written anew. */
  @Test
  void whatIsDeletedAgainAndAgainIsKept() throws Exception {
    Path parent = directory.resolve("state");
    var ending = new AtomicBoolean();
    try (var store = SqliteStore.open(parent.resolve("store.db"))) {
      store.commit(Txn.of(put("kept", "1")));
      Thread deleter =
          Thread.ofPlatform()
              .start(() -> {
                while (!ending.get()) {
                  deleteTree(parent);
                }
              });
      int refusals = 0;
      try {
        for (int i = 0; i < 300; i++) {
          try {
            store.commit(Txn.of(put("round", Integer.toString(i))));
          } catch (ProblemException e) {
            assertThat(e.problem().code()).isIn(Code.UNAVAILABLE, Code.HOST_FAILURE);
            refusals++;
          }
        }
      } finally {
        ending.set(true);
        deleter.join();
      }
      assertThat(refusals).isPositive();
      Await.until(
          "it is back",
          () -> {
            try {
              store.commit(Txn.of(put("last", "1")));
              return store.get("kept").isPresent();
            } catch (ProblemException e) {
              return false;
            }
          });
    }
    try (var store = SqliteStore.open(parent.resolve("store.db"))) {
      assertThat(store.get("kept")).isPresent();
      assertThat(store.get("last")).isPresent();
    }
  }

  private static void deleteTree(Path top) {
    try (var all = Files.walk(top)) {
      for (Path one : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(one);
      }
    } catch (IOException | UncheckedIOException e) {
      assertThat(e).isNotNull(); // somebody writes there at this moment
    }
  }

  @Test
  void aFileThatWasReplacedIsNotWrittenTo() throws IOException {
    Path file = directory.resolve("store.db");
    Path kept = directory.resolve("kept.db");
    try (var store = SqliteStore.open(file)) {
      store.commit(Txn.of(put("a", "1")));
      Files.move(file, kept);
      Files.writeString(file, "another");
      var problem = refused(Code.HOST_FAILURE, () -> store.commit(Txn.of(put("b", "2"))));
      assertThat(problem.detail()).contains("in the place of the store");
      assertThat(Files.readString(file)).isEqualTo("another");
      Files.delete(file);
      Files.move(kept, file);
      store.commit(Txn.of(put("b", "2")));
      assertThat(store.get("b")).isPresent();
    }
  }

  private static void deleteAll(Path file) throws IOException {
    Files.delete(file);
    Files.deleteIfExists(file.resolveSibling("store.db-wal"));
  }
}
