package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Metadata;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.SqliteStore;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
