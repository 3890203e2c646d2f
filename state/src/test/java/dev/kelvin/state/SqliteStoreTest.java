package dev.kelvin.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreTest {
  @TempDir Path directory;

  @Test
  void keepsWhatItAcknowledged() {
    Path file = directory.resolve("a ?b%41/store.db");
    byte[] value = "v".getBytes(StandardCharsets.UTF_8);
    try (var store = SqliteStore.open(file)) {
      Result result = store.commit(Txn.when(Compare.absent("k")).andThen(Op.put("k", value)));
      assertThat(result).isEqualTo(new Result(true, 2));
    }
    try (var store = SqliteStore.open(file)) {
      assertThat(store.get("k")).hasValue(new Entry("k", value, 2, 2, 1, null));
    }
    assertThat(file).exists();
  }
}
