package dev.kelvin.etcd;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.Lease;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Recorder;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreEngine.Place;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Watch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three members, of which some fail. */
@Tag("slow")
class EtcdClusterTest {
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  @TempDir Path directory;
  private List<EtcdServer> members = List.of();

  @BeforeEach
  void start() throws IOException {
    members = EtcdServer.startThree(directory);
  }

  @AfterEach
  void stop() {
    members.forEach(EtcdServer::close);
  }

  private Store open() {
    return EtcdStore.open(
        new Place(members.stream().map(EtcdServer::endpoint).toList(), null, null, null, "/kelvin"),
        1_000,
        DEADLINE);
  }

  /** Writes until it is done: what has an unknown outcome is looked at, as the problem advises. */
  private static void write(Store store, String key, String value) {
    Await.until(
        "it is written",
        () -> {
          try {
            store.commit(Txn.of(put(key, value)));
            return true;
          } catch (ProblemException e) {
            assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE);
            return false;
          }
        });
  }

  @Test
  void writesWatchesAndLeasesGoOnWithoutAnyOneMember() throws IOException {
    try (Store store = open()) {
      var recorder = new Recorder();
      Lease lease = store.grant(Duration.ofSeconds(60));
      store.commit(Txn.of(Op.put("leased", new byte[0], lease)));
      try (Watch _ = store.watch("n/", store.revision(), recorder)) {
        int next = 0;
        for (EtcdServer member : members) {
          member.kill();
          for (int i = 0; i < 5; i++) {
            write(store, "n/" + next, "" + next);
            next++;
          }
          Await.until(
              "the lease is kept alive",
              () -> {
                try {
                  store.keepAlive(lease);
                  return true;
                } catch (ProblemException e) {
                  assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE);
                  return false;
                }
              });
          member.restart();
        }
        long last = -1;
        for (int i = 0; i < next; i++) {
          var change = recorder.next();
          assertThat(change.revision()).isGreaterThan(last);
          // A write that was repeated because of an unknown outcome may have been made twice.
          while (change.key().equals("n/" + (i - 1))) {
            change = recorder.next();
          }
          assertThat(change.key()).isEqualTo("n/" + i);
          last = change.revision();
        }
      }
      assertThat(store.get("leased")).isPresent();
    }
  }

  @Test
  void withoutAMajorityEverythingIsUnavailableInTimeAndThenGoesOn() throws IOException {
    try (Store store = open()) {
      write(store, "a", "1");
      var recorder = new Recorder();
      try (Watch _ = store.watch("", store.revision(), recorder)) {
        members.get(0).kill();
        members.get(1).kill();
        long begin = System.nanoTime();
        Problem reading = refused(Code.UNAVAILABLE, () -> store.get("a"));
        refused(Code.UNAVAILABLE, () -> store.commit(Txn.of(put("b", "1"))));
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
            .isLessThan(DEADLINE.multipliedBy(3));
        assertThat(reading.remedy()).contains("majority");
        members.get(0).restart();
        write(store, "c", "2");
        Await.until(
            "the watch goes on",
            () -> recorder.rest().stream().anyMatch(change -> change.key().equals("c")));
        assertThat(recorder.hasEnded()).isFalse();
        assertThat(new String(store.get("c").orElseThrow().value(), StandardCharsets.UTF_8))
            .isEqualTo("2");
      }
    }
  }

  /** One that hangs is worse than one that is gone: nobody says so. */
  @Test
  void aMemberThatHangsIsPassedOver() throws IOException {
    try (Store store = open()) {
      write(store, "a", "0");
      for (EtcdServer member : members) {
        member.signal("STOP");
        try {
          Await.until(
              "it is read",
              () -> {
                try {
                  return store.get("a").isPresent();
                } catch (ProblemException e) {
                  assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE);
                  return false;
                }
              });
          write(store, "a", "1");
        } finally {
          member.signal("CONT");
        }
      }
    }
  }
}
