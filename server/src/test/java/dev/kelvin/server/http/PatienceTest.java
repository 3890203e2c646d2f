package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The server waits long for its own work and not long for clients. */
@Timeout(60)
class PatienceTest {
  private static final Duration IDLE = Duration.ofMillis(200);

  private TestServer server;

  @BeforeEach
  void start(@TempDir Path directory) {
    var settings = TestServer.settings(directory, Set.of(TestServer.ownUid()));
    server = TestServer.start(settings, Duration.ofMillis(50), IDLE);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static Outcome longWork(Action what) throws InterruptedException {
    // Nobody counts down: this takes several times as long as a connection may be idle.
    assertThat(new CountDownLatch(1).await(5 * IDLE.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
    return new Outcome.Document(Samples.vm("web1"), 42L);
  }

  @Test
  void workThatTakesLongIsAnsweredOnTheSocket() {
    server.actions.script = PatienceTest::longWork;
    assertThat(server.call("GET", "/v1/vms/web1").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void workThatTakesLongIsAnsweredOverTls(Version version) throws Exception {
    server.actions.script = PatienceTest::longWork;
    var request =
        HttpRequest.newBuilder(URI.create(server.server.url() + "/v1/vms/web1"))
            .version(version)
            .header("Authorization", "Bearer " + server.token())
            .build();
    try (var http = server.remote()) {
      var answer = http.send(request, BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(version);
    }
  }

  @Test
  void anUploadThatStandsStillFailsInTheAction() throws Exception {
    var seen = new CompletableFuture<Exception>();
    server.actions.script =
        what -> {
          try {
            ((Action.ImportImage) what).content().readAllBytes();
          } catch (IOException e) {
            seen.complete(e);
          }
          return new Outcome.Done();
        };
    try (var client = UnixClient.connect(server.socket())) {
      client.send(
          "POST /v1/images/a/import?format=raw HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"
              .getBytes(StandardCharsets.US_ASCII));
      assertThat(seen.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aConnectionOnWhichNothingIsAskedIsClosed() throws Exception {
    try (var client = UnixClient.connect(server.socket())) {
      assertThat(client.in().read()).isEqualTo(-1);
    }
  }

  @Test
  void halfAHeadIsAnsweredOrClosed() throws Exception {
    try (var client = UnixClient.connect(server.socket())) {
      client.send("GET /healthz HTTP/1.1\r\nHo".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = client.in().readAllBytes();
      assertThat(new String(answer, StandardCharsets.US_ASCII)).doesNotContain("200 OK");
    }
  }
}
