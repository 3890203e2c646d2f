package dev.kelvin.state.sqlite;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.bytes;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.ChildJvm;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Lease;
import dev.kelvin.state.store.ManualClock;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Recorder;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Watch;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConfig;

/** What is particular to the store in a file. */
class SqliteStoreTest {
  @TempDir Path directory;
  private Path file = Path.of("");

  @BeforeEach
  void name() {
    file = directory.resolve("store.db");
  }

  @Test
  void keepsEverythingOverARestart() {
    try (var store = SqliteStore.open(file)) {
      store.commit(Txn.of(put("a", "1"), put("b", "1")));
      store.commit(Txn.of(put("a", "2"), Op.delete("b")));
    }
    try (var store = SqliteStore.open(file)) {
      assertThat(store.revision()).isEqualTo(3);
      assertThat(store.get("a")).hasValue(new Entry("a", bytes("2"), 2, 3, 2, null));
      assertThat(store.range("", null, 9, 2).entries()).hasSize(2);
      var recorder = new Recorder();
      try (Watch _ = store.watch("", 2, recorder)) {
        store.commit(Txn.of(put("c", "")));
        assertThat(recorder.next(3)).extracting(Change::key).containsExactly("a", "b", "c");
      }
    }
  }

  @Test
  void keepsLeasesOverARestart() {
    var clock = new ManualClock();
    Lease lease;
    try (var store = SqliteStore.open(file, clock, 10)) {
      lease = store.grant(Duration.ofSeconds(5));
      store.commit(Txn.of(Op.put("a", bytes("x"), lease)));
    }
    clock.advance(Duration.ofMinutes(1)); // nobody could keep it alive meanwhile
    try (var store = SqliteStore.open(file, clock, 10)) {
      store.keepAlive(lease);
      assertThat(store.grant(Duration.ofSeconds(5)).id()).isNotEqualTo(lease.id());
      clock.advance(Duration.ofSeconds(5));
      Await.until("the lease expires", () -> store.get("a").isEmpty());
    }
  }

  @Test
  void syncsTheDiskAtEachCommit() throws Exception {
    try (var _ = SqliteStore.open(file);
        var session = SqliteSession.open(file)) {
      assertThat(session.number("PRAGMA synchronous")).as("2 is FULL").isEqualTo(2);
      try (var rows = session.query("PRAGMA journal_mode")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("wal");
      }
    }
  }

  @Test
  void anyPathWillDo() {
    Path odd = directory.resolve("a ?b%41#ü/x y.db");
    try (var store = SqliteStore.open(odd)) {
      store.commit(Txn.of(put("a", "1")));
    }
    assertThat(odd).isRegularFile();
  }

  @Test
  void othersCannotReadIt() throws IOException {
    try (var store = SqliteStore.open(file)) {
      store.commit(Txn.of(put("password", "secret")));
      for (String name : List.of("store.db", "store.db-wal")) {
        assertThat(
                PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(directory.resolve(name))))
            .as(name)
            .isEqualTo("rw-------");
      }
    }
  }

  /** Readers would have to share the index of the log, which is in the other's memory. */
  @Test
  void otherProgramsCannotReadItMeanwhile() throws Exception {
    SqliteNative.load(directory.resolve("native"));
    try (var child = ChildJvm.start(WriterChild.class, file, 1)) {
      child.expect("0/5");
      var config = new SQLiteConfig();
      config.setBusyTimeout(0);
      try (var connection = config.createConnection("jdbc:sqlite:" + file);
          var statement = connection.createStatement()) {
        SQLException refused =
            catchThrowableOfType(
                SQLException.class, () -> statement.executeQuery("SELECT count(*) FROM lease"));
        Problem told = SqliteProblems.of(file, refused).problem();
        assertThat(told.detail()).contains("Another program");
      }
      child.kill();
    }
  }

  @Test
  void theFileStaysSmallHoweverOftenAKeyIsPut() throws IOException {
    try (var store = SqliteStore.open(file, new ManualClock(), 20)) {
      for (int i = 0; i < 2_000; i++) {
        store.commit(Txn.of(Op.put("a", new byte[1_000])));
      }
    }
    assertThat(Files.size(file)).isLessThan(200_000);
  }

  @Test
  void deletedKeysLeaveNothingInTheEnd() throws Exception {
    try (var store = SqliteStore.open(file, new ManualClock(), 20);
        var session = SqliteSession.open(file)) {
      for (int i = 0; i < 300; i++) {
        store.commit(Txn.of(put("k" + i, "")));
        store.commit(Txn.of(Op.delete("k" + i)));
      }
      assertThat(session.number("SELECT count(*) FROM change")).isLessThan(30);
    }
  }

  @Test
  void aRefusedTransactionDoesNotHarmThoseWrittenWithIt() throws Exception {
    try (var store = SqliteStore.open(file);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Result>> work = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String key = "k" + i;
        boolean refused = i % 3 == 0;
        work.add(() ->
            store.commit(
                Txn.of(put(key, ""), new Op.Put("x" + key, bytes(""), refused ? 99L : null))));
      }
      int done = 0;
      for (Future<Result> answer : threads.invokeAll(work)) {
        try {
          answer.get();
          done++;
        } catch (ExecutionException e) {
          assertThat(e).hasMessageContaining(Code.NOT_FOUND.wire());
        }
      }
      assertThat(done).isEqualTo(133);
      assertThat(store.revision()).isEqualTo(134);
      assertThat(store.range("", null, 999).entries()).hasSize(266);
    }
  }

  @Test
  void aSecondStoreInTheSameProcessIsRefused() throws Exception {
    try (var _ = SqliteStore.open(file)) {
      for (int i = 0; i < 2; i++) {
        Problem problem = refused(Code.CONFLICT, () -> SqliteStore.open(file));
        assertThat(problem.cause()).contains("process " + ProcessHandle.current().pid());
      }
      // The refused attempts have not dropped the lock that keeps other processes off.
      try (var child = ChildJvm.start(WriterChild.class, file, 1)) {
        assertThat(child.line()).isEqualTo("refused: CONFLICT");
        assertThat(child.end()).isZero();
      }
    }
    SqliteStore.open(file).close();
  }

  @Test
  void aSecondProcessIsRefusedUntilTheFirstIsGone() throws Exception {
    try (var child = ChildJvm.start(WriterChild.class, file, 1)) {
      child.expect("0/5");
      Problem problem = refused(Code.CONFLICT, () -> SqliteStore.open(file));
      assertThat(problem.cause()).contains("process " + child.pid());
      assertThat(problem.object()).isEqualTo(file.toString());
      child.kill();
    }
    try (var store = SqliteStore.open(file)) {
      assertThat(store.get("0/5")).isPresent();
    }
  }

  @Test
  void aNewerFormatIsRefused() throws Exception {
    SqliteStore.open(file).close();
    change("PRAGMA user_version = 2");
    Problem problem = refused(Code.WRONG_STATE, () -> SqliteStore.open(file));
    assertThat(problem.cause()).contains("format 2").contains("up to 1");
    change("PRAGMA user_version = 1");
    SqliteStore.open(file).close();
  }

  private void change(String sql) throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void aDatabaseOfAnotherProgramIsRefusedAndLeftAlone() throws Exception {
    SqliteNative.load(directory.resolve("native"));
    change("CREATE TABLE precious (x)");
    byte[] before = Files.readAllBytes(file);
    assertThat(refused(Code.HOST_FAILURE, () -> SqliteStore.open(file)).cause())
        .contains("other program");
    assertThat(Arrays.equals(before, Files.readAllBytes(file))).as("not touched").isTrue();
  }

  @Test
  void aDamagedFileIsRefusedAndLeftAlone() throws Exception {
    fill();
    byte[] whole = Files.readAllBytes(file);
    assertThat(whole.length).isGreaterThan(40 * 4096);
    List<byte[]> damaged = new ArrayList<>();
    damaged.add(bytes("this is not a database, whatever its name may say. ".repeat(200)));
    damaged.add(Arrays.copyOf(whole, whole.length / 2));
    byte[] holed = whole.clone();
    Arrays.fill(holed, 4096, 20 * 4096, (byte) 0xa5);
    damaged.add(holed);
    for (byte[] content : damaged) {
      Files.write(file, content);
      Problem problem = refused(Code.HOST_FAILURE, () -> SqliteStore.open(file));
      assertThat(problem.detail()).contains("damaged");
      assertThat(problem.object()).isEqualTo(file.toString());
      assertThat(Arrays.equals(content, Files.readAllBytes(file))).as("not touched").isTrue();
    }
    Files.write(file, whole);
    try (var store = SqliteStore.open(file)) {
      assertThat(store.range("", null, 999).entries()).hasSize(100);
    }
  }

  private void fill() {
    try (var store = SqliteStore.open(file)) {
      for (int i = 0; i < 100; i++) {
        store.commit(Txn.of(Op.put("k" + i, new byte[3_000])));
      }
    }
  }

  @Test
  void damageThatIsMetLaterIsAProblemToo() throws Exception {
    fill();
    try (var store = SqliteStore.open(file)) {
      try (var raw = new RandomAccessFile(file.toFile(), "rw")) {
        raw.seek(4096);
        byte[] junk = new byte[(int) raw.length() - 4096];
        Arrays.fill(junk, (byte) 0xa5);
        raw.write(junk);
      }
      Problem problem = refused(Code.HOST_FAILURE, () -> store.range("", null, 999));
      assertThat(problem.detail()).contains("damaged");
    }
  }

  @Test
  void aDirectoryIsNoStore() throws IOException {
    Files.createDirectory(file);
    refused(Code.HOST_FAILURE, () -> SqliteStore.open(file));
    Path below = Files.createFile(directory.resolve("plain")).resolve("store.db");
    refused(Code.HOST_FAILURE, () -> SqliteStore.open(below));
  }

  @Test
  void aFullDiskIsAProblemThatPasses() throws Exception {
    try (var child = onSmallDisk(FullDiskChild.class)) {
      assertThat(child.line()).startsWith("full after ");
      child.expect("as it should be");
      assertThat(child.end()).isZero();
    }
  }

  @Test
  void whatFreesSpaceIsWrittenOnAFullDisk() throws Exception {
    try (var child = onSmallDisk(FullReserveChild.class)) {
      child.expect("as it should be");
      assertThat(child.end()).isZero();
    }
  }

  private ChildJvm onSmallDisk(Class<?> main) throws Exception {
    Path mount = Files.createDirectory(directory.resolve("small"));
    List<String> mounted =
        List.of(
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "mount -t tmpfs -o size=8m tmpfs \"$1\" && shift && exec \"$@\"",
            "sh",
            mount.toString());
    List<String> probe = new ArrayList<>(mounted);
    probe.add("true");
    Assumptions.assumeTrue(
        new ProcessBuilder(probe).redirectErrorStream(true).start().waitFor() == 0,
        "this host lets nobody mount a tmpfs in a user namespace");
    return ChildJvm.start(mounted, main, mount);
  }

  @Test
  void whatWasAcknowledgedSurvivesKillingTheProcess() throws Exception {
    for (int acknowledged : List.of(1, 300, 3_000)) {
      Path fresh = directory.resolve("killed-" + acknowledged).resolve("store.db");
      List<String> keys = new ArrayList<>();
      try (var child = ChildJvm.start(WriterChild.class, fresh, 4)) {
        child.expect("open");
        while (keys.size() < acknowledged) {
          keys.add(String.valueOf(child.line()));
        }
        child.kill();
        for (String line = child.line(); line != null; line = child.line()) {
          keys.add(line);
        }
      }
      if (!keys.getLast().matches("\\d+/\\d+")) {
        keys.removeLast();
      }
      checkKilled(fresh, keys);
    }
  }

  private static void checkKilled(Path file, List<String> acknowledged) {
    try (var store = SqliteStore.open(file)) {
      List<Entry> entries = store.range("", null, Integer.MAX_VALUE).entries();
      assertThat(entries).extracting(Entry::key).containsAll(acknowledged);
      assertThat(entries.size()).isLessThanOrEqualTo(acknowledged.size() + 4);
      assertThat(store.revision()).isEqualTo(entries.size() + 1L);
      for (Entry entry : entries) {
        assertThat(entry.value()).isEqualTo(bytes("value of " + entry.key()));
      }
      assertThat(store.commit(Txn.of(put("after", ""))).revision()).isEqualTo(entries.size() + 2L);
    }
  }
}
