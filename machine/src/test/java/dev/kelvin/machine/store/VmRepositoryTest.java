package dev.kelvin.machine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.process.UserIdClaims;
import dev.kelvin.host.process.Users;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Txn;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmRepositoryTest {
  /** Beyond the ids of any VMs that run on this host meanwhile. */
  private static final int FIRST = 2_140_000_000;

  @TempDir private Path directory;

  private static int create(VmRepository repository, String id) {
    var metadata = new Metadata("name-" + id, id, Map.of(), 0, Instant.EPOCH);
    return repository.create(new VmRecord(metadata, VmSpec.defaults(), -1), List.of()).uid();
  }

  @Test
  void eachVmHasAUserOfItsOwnAlsoWhenManyAreCreatedAtOnce() throws Exception {
    try (var store = SqliteStore.open(directory.resolve("store.db"));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var repository = new VmRepository(store, users("home"));
      var uids = new ArrayList<Future<Integer>>();
      for (int i = 0; i < 50; i++) {
        String id = "id" + i;
        uids.add(threads.submit(() -> create(repository, id)));
      }
      var given = new ArrayList<Integer>();
      for (Future<Integer> uid : uids) {
        given.add(uid.get());
      }
      assertThat(given).doesNotHaveDuplicates().allMatch(uid -> uid >= FIRST);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {VmRepository.VMS, VmRepository.RUNS})
  void nothingOfAVmThatIsDamagedIsLeftWhenItIsDeleted(String prefix) {
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      var repository = new VmRepository(store, users("home"));
      var nic = Nic.of("net").withMac("52:54:00:00:00:01");
      var disk = Disk.of("root", null, ByteSize.ofMiB(1));
      var spec = VmSpec.defaults().toBuilder().nics(List.of(nic)).disks(List.of(disk)).build();
      var metadata = new Metadata("web", "aa", Map.of(), 0, Instant.EPOCH);
      repository.create(new VmRecord(metadata, spec, -1), List.of());
      create(repository, "other");
      store.commit(Txn.of(Op.put(prefix + "aa", "torn".getBytes(StandardCharsets.UTF_8))));
      var next = new VmRepository(store, users("home"));
      assertThat(next.all()).hasSize(prefix.equals(VmRepository.VMS) ? 1 : 2);
      next.runs();
      assertThat(next.damaged()).containsOnlyKeys("aa");
      assertThat(next.keptName("aa")).isEqualTo("web");

      next.delete("aa");

      assertThat(store.range("", null, 100).entries())
          .extracting(Entry::key)
          .noneMatch(key -> key.contains("aa") || key.contains("web") || key.contains("52:54"));
      assertThat(next.damaged()).isEmpty();
      assertThat(next.find("other")).isPresent();
      create(next, "aa");
    }
  }

  /** A task that goes on beside it may have taken up again what the list says is not needed. */
  @Test
  void whatAVmHasTakenUpAgainIsNotGivenBack() {
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      var repository = new VmRepository(store, users("home"));
      var nic = Nic.of("net").withMac("52:54:00:00:00:01");
      var with = VmSpec.defaults().toBuilder().nics(List.of(nic)).build();
      var metadata = new Metadata("web", "aa", Map.of(), 0, Instant.EPOCH);
      VmRecord vm = repository.create(new VmRecord(metadata, with, -1), List.of());
      VmRecord without =
          repository.replaceForNow(vm.withSpec(VmSpec.defaults()), vm.metadata().revision());
      List<VmRecord> read = repository.all();
      VmRecord again = repository.replaceForNow(vm, without.metadata().revision());

      repository.ownKeys().reconcile(read);
      assertThat(store.get(VmRepository.MACS + "52:54:00:00:00:01")).isPresent();

      repository.replaceForNow(without, again.metadata().revision());
      repository.ownKeys().reconcile(repository.all());
      assertThat(store.get(VmRepository.MACS + "52:54:00:00:00:01")).isEmpty();
    }
  }

  private VmUsers users(String home) {
    Path at = directory.resolve(home);
    var layout = new Layout(at, at.resolve("etc"), at.resolve("var"), at.resolve("run"));
    return VmUsers.of(new UserIdClaims(directory.resolve("uids"), layout.state()), layout, FIRST);
  }

  @Test
  void aUserIdIsGivenAgainByTheNextDaemonOnly() {
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      var repository = new VmRepository(store, users("home"));
      int first = create(repository, "a");
      int second = create(repository, "b");
      int third = create(repository, "c");
      repository.delete("b");

      assertThat(List.of(first, second, third)).containsExactly(FIRST, FIRST + 1, FIRST + 2);
      assertThat(create(repository, "d")).isEqualTo(third + 1);
      var next = new VmRepository(store, users("home"));
      assertThat(create(next, "e")).isEqualTo(second);
      assertThat(create(next, "f")).isEqualTo(third + 2);
    }
  }

  @Test
  void daemonsOfOneHostShareNoUserId() throws Exception {
    for (String home : List.of("home", "other")) {
      Files.createDirectories(directory.resolve(home).resolve("var"));
    }
    try (var ones = SqliteStore.open(directory.resolve("store.db"));
        var others = SqliteStore.open(directory.resolve("other.db"))) {
      var one = new VmRepository(ones, users("home"));
      var other = new VmRepository(others, users("other"));
      var given = new ArrayList<Integer>();
      for (int i = 0; i < 3; i++) {
        given.add(create(one, "a" + i));
        given.add(create(other, "b" + i));
      }
      assertThat(given).doesNotHaveDuplicates();
      one.delete("a0");
      assertThat(create(new VmRepository(others, users("other")), "b9")).isEqualTo(given.get(0));
    }
  }

  @Test
  void aVmWhoseUserAnotherDaemonHasGetsAnotherOneWhenItStarts() throws Exception {
    Files.createDirectories(directory.resolve("copy").resolve("var"));
    Files.createDirectories(directory.resolve("home").resolve("var"));
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      create(new VmRepository(store, users("home")), "a");
      // A copy of the whole directory, with its store, is another daemon's.
      var copy = new VmRepository(store, users("copy"));
      VmRecord before = copy.find("a").orElseThrow();
      assertThat(copy.hasOwnUser(before)).isFalse();

      VmRecord after = copy.ensureUser(before);

      assertThat(after.uid()).isNotEqualTo(before.uid());
      assertThat(copy.find("a")).contains(after);
      assertThat(copy.ensureUser(after)).isEqualTo(after);
      assertThat(store.range(VmRepository.UIDS, null, 9).entries())
          .extracting(Entry::key)
          .containsExactly(VmRepository.UIDS + after.uid());
    }
  }

  @Test
  void aUserIdThatAFileOrAProcessHasIsNotGiven() throws Exception {
    assumeTrue(Users.isRoot(), "only root can give files away");
    Path file = directory.resolve("home/var/volumes/lost.qcow2");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "of a VM that no store knows");
    Files.setAttribute(file, "unix:uid", FIRST);
    int second = FIRST + 1;
    Process process =
        new ProcessBuilder("setpriv", "--reuid=" + second, "--clear-groups", "cat").start();
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      var deadline = Instant.now().plusSeconds(20);
      while (!UserIdClaims.ofProcesses().contains(second)) {
        assertThat(Instant.now()).isBefore(deadline);
        Thread.onSpinWait();
      }
      assertThat(create(new VmRepository(store, users("home")), "a")).isEqualTo(second + 1);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void claimsOfADaemonThatIsGoneEnd() throws Exception {
    Path gone = Files.createDirectories(directory.resolve("gone/var"));
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      create(new VmRepository(store, users("gone")), "a");
    }
    assertThat(new UserIdClaims(directory.resolve("uids"), directory).all()).containsExactly(FIRST);
    Files.delete(gone);
    assertThat(new UserIdClaims(directory.resolve("uids"), directory).all()).isEmpty();
  }
}
