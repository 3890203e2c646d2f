package dev.kelvin.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.state.store.LeaseTiming;
import dev.kelvin.state.store.RandomHistory;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreEngine.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random concurrent histories of the store in etcd, undisturbed and disturbed. */
@Tag("slow")
class EtcdHistoryTest {
  private static final Duration DEADLINE = Duration.ofSeconds(3);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void historiesAreLinearizable(long seed) throws Exception {
    try (EtcdServer server = EtcdServer.start(directory);
        Store one = EtcdStore.open(server.place("/k/"));
        Store two = EtcdStore.open(server.place("/k/"))) {
      assertThat(new RandomHistory(List.of(one, two), seed, 120).run(() -> {})).isZero();
    }
  }

  @Test
  void leasesExpireInTime() throws Exception {
    try (EtcdServer server = EtcdServer.start(directory);
        Store store = EtcdStore.open(server.place("/k/"))) {
      new LeaseTiming(store).check();
    }
  }

  /** Connections break at every moment, also between a write and its answer. */
  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void historiesAreLinearizableWhileConnectionsBreak(long seed) throws Exception {
    try (EtcdServer server = EtcdServer.start(directory);
        var relay = new Relay(server.endpoint());
        Store near = EtcdStore.open(server.place("/k/"), 5_000, DEADLINE);
        Store far = EtcdStore.open(relay.place("/k/"), 5_000, DEADLINE)) {
      new RandomHistory(List.of(near, far), seed, 150)
          .run(() -> {
            for (int i = 0; i < 20; i++) {
              pass(Duration.ofMillis(50));
              relay.breakConnections();
            }
          });
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {6, 7})
  void historiesAreLinearizableWhileAMemberDies(long seed) throws Exception {
    List<EtcdServer> members = EtcdServer.startThree(directory);
    var place =
        new Place(members.stream().map(EtcdServer::endpoint).toList(), null, null, null, "/k/");
    try (Store one = EtcdStore.open(place, 5_000, DEADLINE);
        Store two = EtcdStore.open(place, 5_000, DEADLINE)) {
      new RandomHistory(List.of(one, two), seed, 200)
          .run(() -> {
            for (EtcdServer member : members) {
              pass(Duration.ofMillis(200));
              member.kill();
              pass(Duration.ofMillis(500));
              member.restart();
            }
          });
    } finally {
      members.forEach(EtcdServer::close);
    }
  }

  /** Chooses moments of a disturbance; nothing is waited for. */
  private static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
