package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Layout;
import dev.kelvin.state.SqliteStore;
import dev.kelvin.state.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Health is what store and disk do, not that somebody answers. */
class NodeHealthTest {
  private static Layout layout(Path home) {
    return Layout.resolve(Map.of("KELVIN_HOME", home.toString()), true);
  }

  @Test
  void aNodeThatStandsOnGoodGroundIsWell(@TempDir Path home) throws Exception {
    Files.createDirectories(layout(home).state());
    try (Store store = SqliteStore.open(layout(home).store())) {
      assertThat(new NodeHealth(layout(home), store).complaint()).isEmpty();
    }
  }

  @Test
  void aStoreThatIsClosedIsAComplaint(@TempDir Path home) throws Exception {
    Files.createDirectories(layout(home).state());
    Store store = SqliteStore.open(layout(home).store());
    store.close();
    assertThat(new NodeHealth(layout(home), store).complaint()).isPresent();
  }

  @Test
  void aStateDirectoryThatIsGoneIsAComplaint(@TempDir Path home, @TempDir Path other)
      throws Exception {
    try (Store store = SqliteStore.open(other.resolve("store.db"))) {
      assertThat(new NodeHealth(layout(home.resolve("gone")), store).complaint().orElseThrow())
          .satisfies(
              problem -> assertThat(problem.object()).startsWith(home.resolve("gone").toString()));
    }
  }
}
