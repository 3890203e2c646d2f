package dev.kelvin.etcd;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Recorder;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreEngine;
import dev.kelvin.state.store.StoreEngine.Place;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Watch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One etcd: what it is told, how it is reached, and what happens when it goes away. */
@Tag("slow")
class EtcdStoreTest {
  private static final Duration SHORT = Duration.ofMillis(700);

  @TempDir Path directory;

  @BeforeAll
  static void assumeEtcd() {
    EtcdServer.assume();
  }

  @Test
  void theDaemonFindsTheEngine() throws IOException {
    try (EtcdServer server = EtcdServer.start(directory)) {
      List<StoreEngine> engines = new ArrayList<>();
      ServiceLoader.load(StoreEngine.class).forEach(engines::add);
      assertThat(engines).extracting(StoreEngine::name).containsExactly("etcd");
      var open = new Place(List.of(server.endpoint()), null, null, null, "/k", true);
      try (Store store = engines.getFirst().open(open)) {
        assertThat(store.revision()).isEqualTo(1);
      }
    }
  }

  @Test
  void storesWithPrefixesOfTheirOwnSeeNothingOfEachOther() throws IOException {
    try (EtcdServer server = EtcdServer.start(directory);
        Store one = EtcdStore.open(server.place("/one"));
        Store two = EtcdStore.open(server.place("/two"));
        Store bare = EtcdStore.open(server.place(""))) {
      var told = new Recorder();
      try (Watch _ = one.watch("", 0, told)) {
        two.commit(Txn.of(put("a", "2")));
        one.commit(Txn.of(put("a", "1")));
        assertThat(told.next().revision()).isEqualTo(3);
      }
      two.commit(Txn.of(Op.deletePrefix("")));
      assertThat(one.range("", null, 9).entries()).extracting(e -> e.key()).containsExactly("a");
      assertThat(bare.range("", null, 9).entries())
          .extracting(e -> e.key())
          .containsExactly("/onea");
      assertThat(two.range("", null, 9).entries()).isEmpty();
    }
  }

  @Test
  void nobodyThereIsUnavailableInTime() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    var place = new Place(List.of("http://127.0.0.1:" + port), null, null, null, "/k");
    long begin = System.nanoTime();
    Problem problem = refused(Code.UNAVAILABLE, () -> EtcdStore.open(place, 10, SHORT));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT.multipliedBy(3));
    assertThat(problem.object()).contains("127.0.0.1:" + port);
    assertThat(problem.cause()).contains("refused");
  }

  /** A program that takes connections and says nothing, as a host behind a dead network does. */
  @Test
  void whoAcceptsAndSaysNothingIsUnavailableInTime() throws IOException {
    try (var mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      var place =
          new Place(List.of("http://127.0.0.1:" + mute.getLocalPort()), null, null, null, "/k");
      long begin = System.nanoTime();
      refused(Code.UNAVAILABLE, () -> EtcdStore.open(place, 10, SHORT));
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT.multipliedBy(3));
    }
  }

  @Test
  void itGoesOnWhenEtcdIsThereAgain() throws IOException {
    try (EtcdServer server = EtcdServer.start(directory);
        Store store = EtcdStore.open(server.place("/k"), 100, SHORT)) {
      store.commit(Txn.of(put("a", "1")));
      var recorder = new Recorder();
      try (Watch _ = store.watch("", 1, recorder)) {
        assertThat(recorder.next().revision()).isEqualTo(2);
        server.kill();
        refused(Code.UNAVAILABLE, () -> store.get("a"));
        refused(Code.UNAVAILABLE, () -> store.commit(Txn.of(put("a", "2"))));
        server.restart();
        assertThat(store.commit(Txn.of(put("a", "3"))).revision()).isEqualTo(3);
        assertThat(recorder.next().revision()).isEqualTo(3);
        assertThat(recorder.rest()).isEmpty();
      }
    }
  }

  /** A stopped process takes what is sent to it and may still execute it: nobody can know. */
  @Test
  void aWriteWithoutAnAnswerHasAnUnknownOutcome() throws IOException {
    try (EtcdServer server = EtcdServer.start(directory);
        Store store = EtcdStore.open(server.place("/k"), 100, SHORT)) {
      server.signal("STOP");
      try {
        Problem problem = refused(Code.UNAVAILABLE, () -> store.commit(Txn.of(put("a", "1"))));
        assertThat(problem.detail()).contains("not known");
        refused(Code.UNAVAILABLE, () -> store.get("a"));
      } finally {
        server.signal("CONT");
      }
      dev.kelvin.state.store.Await.until(
          "it answers",
          () -> {
            try {
              return store.revision() > 0;
            } catch (dev.kelvin.model.ProblemException e) {
              return false;
            }
          });
    }
  }

  /** While the connection is cut others write, and even compact what the watch has not seen. */
  @Test
  void aWatchThatWasCutOffForTooLongIsToldSo() throws IOException {
    try (EtcdServer server = EtcdServer.start(directory);
        Store store = EtcdStore.open(server.place("/k"), 10, SHORT);
        var relay = new Relay(server.endpoint());
        Store far = EtcdStore.open(relay.place("/k"), 1_000_000, SHORT)) {
      var recorder = new Recorder();
      try (Watch _ = far.watch("", 0, recorder)) {
        store.commit(Txn.of(put("a", "1")));
        assertThat(recorder.next().revision()).isEqualTo(2);
        relay.cut();
        for (int i = 0; i < 30; i++) {
          store.commit(Txn.of(put("a", "" + i)));
        }
        relay.mend();
        Problem why = recorder.end();
        assertThat(why.code()).isEqualTo(Code.REVISION_MISMATCH);
        assertThat(why.cause()).contains("compacted");
        assertThat(recorder.rest()).extracting(Change::revision).isEmpty();
      }
    }
  }

  @Test
  void bothSidesShowCertificates() throws Exception {
    var authority = new Certificates(directory, "ca");
    Path member = authority.issue("member");
    Path daemon = authority.issue("daemon");
    Path stranger = new Certificates(directory, "other").issue("stranger");
    var tls = new EtcdServer.Tls(authority.ca(), member, Certificates.key(member));
    try (EtcdServer server = EtcdServer.start(directory, tls)) {
      List<String> at = List.of(server.endpoint());
      var good = new Place(at, authority.ca(), daemon, Certificates.key(daemon), "/k");
      try (Store store = EtcdStore.open(good)) {
        assertThat(store.commit(Txn.of(put("a", "1"))).revision()).isEqualTo(2);
      }
      refused(
          Code.UNAVAILABLE,
          () ->
              EtcdStore.open(
                  new Place(at, authority.ca(), stranger, Certificates.key(stranger), "/k"),
                  10,
                  SHORT));
      refused(
          Code.UNAVAILABLE,
          () -> EtcdStore.open(new Place(at, authority.ca(), null, null, "/k"), 10, SHORT));
      Problem untrusted =
          refused(
              Code.UNAVAILABLE,
              () ->
                  EtcdStore.open(
                      new Place(at, null, daemon, Certificates.key(daemon), "/k"), 10, SHORT));
      assertThat(untrusted.cause()).containsIgnoringCase("certification path");
    }
  }

  @Test
  void certificatesThatCannotBeUsedAreNamed() throws Exception {
    Path certificate = new Certificates(directory, "ca").issue("daemon");
    Path junk = Files.writeString(directory.resolve("junk.pem"), "no key");
    Path missing = directory.resolve("missing.pem");
    List<String> at = List.of("https://127.0.0.1:1");
    for (Place bad :
        List.of(
            new Place(at, missing, null, null, ""),
            new Place(at, junk, null, null, ""),
            new Place(at, null, certificate, junk, ""),
            new Place(at, null, certificate, missing, ""))) {
      Problem problem = refused(Code.INVALID_ARGUMENT, () -> EtcdStore.open(bad));
      assertThat(problem.cause()).containsAnyOf("missing.pem", "junk.pem");
    }
  }
}
