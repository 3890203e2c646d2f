package dev.kelvin.server.local.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Layout;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Store;
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
      assertThat(new NodeHealth(layout(home), store, () -> true).complaint()).isEmpty();
    }
  }

  @Test
  void aStoreThatIsClosedIsAComplaint(@TempDir Path home) throws Exception {
    Files.createDirectories(layout(home).state());
    Store store = SqliteStore.open(layout(home).store());
    store.close();
    assertThat(new NodeHealth(layout(home), store, () -> true).complaint()).isPresent();
  }

  @Test
  void aStateDirectoryThatIsGoneIsAComplaint(@TempDir Path home, @TempDir Path other)
      throws Exception {
    try (Store store = SqliteStore.open(other.resolve("store.db"))) {
      assertThat(
              new NodeHealth(layout(home.resolve("gone")), store, () -> true)
                  .complaint()
                  .orElseThrow())
          .satisfies(
              problem -> assertThat(problem.object()).startsWith(home.resolve("gone").toString()));
    }
  }

  /** The daemon that hangs answers nobody else: that must not look well. */
  @Test
  void eventsThatAreNotToldAreAComplaint(@TempDir Path home) throws Exception {
    Files.createDirectories(layout(home).state());
    var never = new java.util.concurrent.CompletableFuture<Boolean>();
    try (Store store = SqliteStore.open(layout(home).store())) {
      var health = new NodeHealth(layout(home), store, never::get);
      assertThat(health.complaint().orElseThrow().oneLine()).contains("telling of events", "2000");
      never.complete(true);
      org.assertj.core.api.Assertions.assertThatNoException()
          .isThrownBy(() -> never.get(1, java.util.concurrent.TimeUnit.SECONDS));
      long end = System.nanoTime() + java.time.Duration.ofSeconds(20).toNanos();
      while (health.complaint().isPresent() && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(health.complaint()).isEmpty();
    }
  }
}
