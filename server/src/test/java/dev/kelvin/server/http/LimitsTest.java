package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.codec.Documents;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Actions.ConsoleLink;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.http.access.HttpSettings;
import dev.kelvin.server.http.guard.HeldBytes;
import dev.kelvin.server.http.guard.HttpLimits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Past its limits the API refuses, and goes on. */
@Timeout(60)
class LimitsTest {
  /** A guest's end that nobody is behind. */
  private static final ConsoleLink NO_GUEST =
      new ConsoleLink() {
        @Override
        public void send(byte[] toGuest) {}

        @Override
        public void close() {}
      };

  private final List<Socket> open = new ArrayList<>();

  @TempDir Path directory;

  @AfterEach
  void letGo() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
  }

  private TestServer server(int connections, int perAddress, int unauthenticated, int requests) {
    return server(connections, perAddress, unauthenticated, 1000, requests);
  }

  private TestServer server(
      int connections, int perAddress, int unauthenticated, int perSecond, int requests) {
    var usual = TestServer.settings(directory, Set.of(TestServer.ownUid()));
    var limits =
        new HttpLimits(
            connections,
            perAddress,
            unauthenticated,
            perSecond,
            100,
            requests,
            16_384,
            4_096,
            1 << 20,
            2 << 20,
            100,
            512);
    var server =
        TestServer.start(
            new HttpSettings(usual.socket(), usual.peerUids(), usual.tls(), limits),
            Duration.ofSeconds(15));
    server.server.fingerprint();
    return server;
  }

  private Socket connect(TestServer server) throws IOException {
    var socket = new Socket();
    open.add(socket);
    socket.setSoTimeout(20_000);
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()), 20_000);
    return socket;
  }

  private void knock(TestServer server) {
    try {
      connect(server);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the daemon has closed a connection. */
  private static boolean isClosed(Socket socket) {
    try {
      socket.setSoTimeout(20);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static HttpRequest.Builder request(TestServer server, String path) {
    return HttpRequest.newBuilder(URI.create(server.server.url() + path))
        .timeout(Duration.ofSeconds(20))
        .header("Authorization", "Bearer " + server.token());
  }

  @Test
  void theOldestConnectionWithoutTokenGivesWay() throws Exception {
    try (var server = server(100, 100, 4, 100);
        var http = server.remote()) {
      var told = http.send(request(server, "/healthz").build(), BodyHandlers.ofString());
      assertThat(told.statusCode()).isEqualTo(200);
      Socket first = connect(server);
      TestServer.await(
          "the first one gives way",
          () -> {
            knock(server);
            return isClosed(first);
          });
      // The one with the token is older than all of them, and stays.
      assertThat(
              http.send(request(server, "/healthz").build(), BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void anAddressHasSoManyConnectionsAndNoMore() throws Exception {
    try (var server = server(100, 3, 50, 100)) {
      var sockets = List.of(connect(server), connect(server), connect(server), connect(server));
      TestServer.await("one is closed", () -> sockets.stream().anyMatch(LimitsTest::isClosed));
      assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
    }
  }

  @Test
  void moreRequestsThanThereMayBeAreRefusedAndLaterServed() throws Exception {
    var go = new CountDownLatch(1);
    try (var server = server(100, 100, 50, 4);
        var http = server.remote()) {
      server.actions.script =
          what -> {
            go.await();
            return new Outcome.Document(Samples.vm("web1"), 42L);
          };
      var waiting = new ArrayList<java.util.concurrent.CompletableFuture<?>>();
      for (int i = 0; i < 4; i++) {
        waiting.add(
            http.sendAsync(request(server, "/v1/vms/web1").build(), BodyHandlers.ofString()));
      }
      TestServer.await("four requests", () -> server.actions.asked.size() == 4);
      var refused = http.send(request(server, "/v1/info").build(), BodyHandlers.ofByteArray());
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(Documents.tree(refused.body()).path("code").asString()).isEqualTo("too-many");
      assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
      go.countDown();
      for (var one : waiting) {
        one.join();
      }
      TestServer.await(
          "room again",
          () -> {
            try {
              return http.send(request(server, "/v1/vms/web1").build(), BodyHandlers.discarding())
                      .statusCode()
                  == 200;
            } catch (IOException | InterruptedException e) {
              throw new AssertionError(e);
            }
          });
    }
  }

  @Test
  void whoGoesOnAskingWithoutTheTokenIsRefusedThenHungUpOn() throws Exception {
    try (var server = server(100, 100, 50, 10, 100);
        var stranger = server.remote();
        var http = server.remote()) {
      var anonymous =
          HttpRequest.newBuilder(URI.create(server.server.url() + "/healthz"))
              .timeout(Duration.ofSeconds(20))
              .build();
      var told = new TreeSet<Integer>();
      TestServer.await(
          "its connection is closed",
          () -> {
            try {
              told.add(stranger.send(anonymous, BodyHandlers.discarding()).statusCode());
              return false;
            } catch (IOException hungUp) {
              return true;
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(told).containsExactly(200, 429);
      assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
      // Whoever has the token is served at that address, too, and then has all it wants.
      TestServer.await("it is let in", () -> isServed(http, server));
      for (int i = 0; i < 200; i++) {
        assertThat(
                http.send(request(server, "/healthz").build(), BodyHandlers.discarding())
                    .statusCode())
            .isEqualTo(200);
      }
    }
  }

  private static boolean isServed(HttpClient http, TestServer server) {
    try {
      return http.send(request(server, "/healthz").build(), BodyHandlers.discarding()).statusCode()
          == 200;
    } catch (IOException hungUp) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aDocumentHasTheSizeThatIsConfigured() {
    try (var server = server(100, 100, 50, 4)) {
      var answer = server.send("POST", "/v1/vms", new byte[4_097]);
      assertThat(answer.status()).isEqualTo(413);
      assertThat(answer.text()).contains("4096");
    }
  }

  /** Of a body that is sent in pieces nobody knows the length before its end. */
  @Test
  void manySmallDocumentsWithoutALengthAreReadAtOnce() throws Exception {
    int many = 40;
    try (var server = server(100, 100, 50, 100);
        var http = server.remote()) {
      String document =
          "{\"apiVersion\":\"kelvin/v1\",\"kind\":\"VM\",\"metadata\":{\"name\":\"a\"},\"spec\":{}}";
      var open = new CountDownLatch(many);
      var go = new CountDownLatch(1);
      var answers = new ArrayList<java.util.concurrent.CompletableFuture<HttpResponse<String>>>();
      for (int i = 0; i < many; i++) {
        var request =
            request(server, "/v1/vms")
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofInputStream(() -> new Paused(document, open, go)))
                .build();
        answers.add(http.sendAsync(request, BodyHandlers.ofString()));
      }
      assertThat(open.await(30, TimeUnit.SECONDS)).as("all of them are under way").isTrue();
      // Before, four at most were let in.
      go.countDown();
      for (var one : answers) {
        assertThat(one.join().statusCode()).as(one.join().body()).isNotEqualTo(429);
      }
    }
  }

  /** Blanks, then nothing until it may go on, then a document. No thread of its own feeds it. */
  private static final class Paused extends InputStream {
    private final byte[] document;
    private final CountDownLatch paused;
    private final CountDownLatch go;
    private int reads;

    Paused(String document, CountDownLatch paused, CountDownLatch go) {
      this.document = document.getBytes(StandardCharsets.US_ASCII);
      this.paused = paused;
      this.go = go;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("it is read by the piece");
    }

    @Override
    public int read(byte[] into, int at, int most) throws IOException {
      reads++;
      if (reads == 1) {
        Arrays.fill(into, at, at + most, (byte) ' ');
        return most;
      }
      if (reads > 2) {
        return -1;
      }
      paused.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      System.arraycopy(document, 0, into, at, document.length);
      return document.length;
    }
  }

  /** Who opens consoles and does not read them keeps nobody from large answers. */
  @Test
  void whatConsolesHoldIsNotTakenFromAnswers() throws Exception {
    byte[] output = new byte[1 << 20];
    try (var server = server(100, 100, 50, 20);
        var http = server.remote()) {
      server.actions.script =
          what ->
              what instanceof Action.OpenConsole
                  ? new Outcome.Ticket("Zm9v", "/v1/consoles/Zm9v", Duration.ofSeconds(30))
                  : new Outcome.Bytes("image/png", new byte[1 << 20]);
      var status = new ArrayList<Integer>();
      server.actions.console =
          (ticket, sink) -> {
            // Before there is a connection that could take it: all of it waits.
            sink.data(output);
            sink.data(output);
            try {
              status.add(
                  http.send(
                          request(server, "/v1/vms/web1/screenshot").build(),
                          BodyHandlers.discarding())
                      .statusCode());
            } catch (IOException | InterruptedException e) {
              throw new AssertionError(e);
            }
            return NO_GUEST;
          };
      try (var client =
              new Client(
                  new Endpoint.Remote(
                      URI.create(server.server.url()),
                      server.token(),
                      server.server.fingerprint()));
          var console = client.console("web1", Client.Console.SERIAL)) {
        assertThat(status).containsExactly(200);
        assertThat(console.receive()).hasSize(output.length);
      }
    }
  }

  @Test
  void aBudgetGivesBackWhatWasTaken() {
    var budget = new HeldBytes(10, "crumbs");
    try (var _ = budget.take(7)) {
      assertThat(budget.tryTake(4)).isFalse();
      assertThat(budget.inUse()).isEqualTo(7);
    }
    try (var _ = budget.take(1_000)) {
      assertThat(budget.tryTake(1)).as("what is larger than all is alone").isFalse();
    }
    assertThat(budget.inUse()).isZero();
  }
}
