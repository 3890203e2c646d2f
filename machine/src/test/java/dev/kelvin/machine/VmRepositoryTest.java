package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.Entry;
import dev.kelvin.state.Op;
import dev.kelvin.state.SqliteStore;
import dev.kelvin.state.Txn;
import java.nio.charset.StandardCharsets;
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
  @TempDir private Path directory;

  private static int create(VmRepository repository, String id) {
    var metadata = new Metadata("name-" + id, id, Map.of(), 0, Instant.EPOCH);
    return repository.create(new VmRecord(metadata, VmSpec.defaults(), -1), List.of()).uid();
  }

  @Test
  void eachVmHasAUserOfItsOwnAlsoWhenManyAreCreatedAtOnce() throws Exception {
    try (var store = SqliteStore.open(directory.resolve("store.db"));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var repository = new VmRepository(store, true);
      var uids = new ArrayList<Future<Integer>>();
      for (int i = 0; i < 50; i++) {
        String id = "id" + i;
        uids.add(threads.submit(() -> create(repository, id)));
      }
      var given = new ArrayList<Integer>();
      for (Future<Integer> uid : uids) {
        given.add(uid.get());
      }
      assertThat(given).doesNotHaveDuplicates().allMatch(uid -> uid >= VmRepository.FIRST_UID);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {VmRepository.VMS, VmRepository.RUNS})
  void nothingOfAVmThatIsDamagedIsLeftWhenItIsDeleted(String prefix) {
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      var repository = new VmRepository(store, true);
      var nic = Nic.of("net").withMac("52:54:00:00:00:01");
      var disk = Disk.of("root", null, ByteSize.ofMiB(1));
      var spec = VmSpec.defaults().toBuilder().nics(List.of(nic)).disks(List.of(disk)).build();
      var metadata = new Metadata("web", "aa", Map.of(), 0, Instant.EPOCH);
      repository.create(new VmRecord(metadata, spec, -1), List.of());
      create(repository, "other");
      store.commit(Txn.of(Op.put(prefix + "aa", "torn".getBytes(StandardCharsets.UTF_8))));
      var next = new VmRepository(store, true);
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

  @Test
  void aUserIdIsGivenAgainByTheNextDaemonOnly() {
    try (var store = SqliteStore.open(directory.resolve("store.db"))) {
      var repository = new VmRepository(store, true);
      int first = create(repository, "a");
      int second = create(repository, "b");
      int third = create(repository, "c");
      repository.delete("b");

      assertThat(List.of(first, second, third))
          .containsExactly(
              VmRepository.FIRST_UID, VmRepository.FIRST_UID + 1, VmRepository.FIRST_UID + 2);
      assertThat(create(repository, "d")).isEqualTo(third + 1);
      var next = new VmRepository(store, true);
      assertThat(create(next, "e")).isEqualTo(second);
      assertThat(create(next, "f")).isEqualTo(third + 2);
    }
  }
}
