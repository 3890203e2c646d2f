package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Principal;
import dev.kelvin.server.http.access.HttpSettings;
import dev.kelvin.server.http.access.HttpSettings.Tls;
import dev.kelvin.server.http.access.TlsIdentity;
import dev.kelvin.server.http.guard.HttpLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The API over TLS: certificate, token, and both versions of HTTP. */
@Timeout(60)
class TlsTest {
  private Path directory = Path.of("/");

  @BeforeEach
  void remember(@TempDir Path given) {
    directory = given;
  }

  private static HttpRequest.Builder request(TestServer server, String path) {
    return HttpRequest.newBuilder(URI.create(server.server.url() + path))
        .timeout(Duration.ofSeconds(20));
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void theTokenOpensIt(Version version) throws Exception {
    try (var server = TestServer.start(directory);
        var http = server.remote()) {
      server.actions.script = what -> new Outcome.Document(Samples.vm("web1"), 42L);
      HttpResponse<String> answer =
          http.send(
              request(server, "/v1/vms/web1")
                  .version(version)
                  .header("Authorization", "Bearer " + server.token())
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(version);
      assertThat(answer.headers().firstValue("etag")).contains("\"42\"");
      assertThat(server.actions.askers)
          .containsExactly(new Principal("admin", Principal.Means.TOKEN));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Bearer", "Bearer wrong", "Basic YWRtaW46YWRtaW4=", "Bearer TOKENx"})
  void nothingElseDoes(String authorization) throws Exception {
    try (var server = TestServer.start(directory);
        var http = server.remote()) {
      var request = request(server, "/v1/info");
      if (!authorization.isEmpty()) {
        request.header("Authorization", authorization.replace("TOKEN", server.token()));
      }
      HttpResponse<byte[]> answer = http.send(request.build(), BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.headers().firstValue("www-authenticate"))
          .contains("Bearer realm=\"Kelvin\"");
      assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
      assertThat(Documents.tree(answer.body()).path("code").asString())
          .isEqualTo("unauthenticated");
      assertThat(server.actions.asked).isEmpty();
    }
  }

  @Test
  void strangersLearnNothingAboutTheAddresses() throws Exception {
    try (var server = TestServer.start(directory);
        var http = server.remote()) {
      for (String path : List.of("/v1/nothing", "/v1/vms/web1/start", "/metrics")) {
        assertThat(http.send(request(server, path).build(), BodyHandlers.discarding()).statusCode())
            .isEqualTo(401);
      }
      for (String path :
          List.of(
              "/healthz",
              "/readyz",
              "/docs",
              "/openapi.yaml",
              "/schemas/vm.json",
              "/schemas/task.json")) {
        assertThat(http.send(request(server, path).build(), BodyHandlers.discarding()).statusCode())
            .isEqualTo(200);
      }
    }
  }

  @Test
  void theClientOfTheCommandLineGetsIn() throws Exception {
    try (var server = TestServer.start(directory)) {
      server.actions.script = what -> new Outcome.Document(Samples.vm("web1"), 42L);
      var endpoint =
          new Endpoint.Remote(
              URI.create(server.server.url()), server.token(), server.server.fingerprint());
      try (var client = new Client(endpoint)) {
        assertThat(client.vm("web1")).isEqualTo(Samples.vm("web1"));
      }
    }
  }

  @Test
  void theCertificateNamesThisHostAndIsKept() throws Exception {
    X509Certificate first;
    String fingerprint;
    String token;
    try (var server = TestServer.start(directory)) {
      fingerprint = server.server.fingerprint();
      token = server.token();
      first = certificate(server);
    }
    assertThat(first.getPublicKey().getAlgorithm()).isEqualTo("EC");
    assertThat(first.getSigAlgName()).isEqualTo("SHA256withECDSA");
    assertThat(first.getNotAfter()).isAfter(Instant.now().plus(Duration.ofDays(3000)));
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    assertThat(first.getSubjectAlternativeNames().stream().map(name -> name.get(1)))
        .map(Object::toString)
        .contains("localhost", host, "127.0.0.1", "0:0:0:0:0:0:0:1");
    assertThat(fingerprint).matches("([0-9A-F]{2}:){31}[0-9A-F]{2}");
    for (String secret : List.of("tls.key", "token")) {
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(directory.resolve(secret))))
          .isEqualTo("rw-------");
    }
    try (var server = TestServer.start(directory)) {
      assertThat(server.server.fingerprint()).isEqualTo(fingerprint);
      assertThat(server.token()).isEqualTo(token);
    }
  }

  private static X509Certificate certificate(TestServer server) {
    Tls tls = server.settings.tls();
    return TlsIdentity.loadOrCreate(tls.certificate(), tls.key(), tls.host()).certificate();
  }

  @Test
  void secretsThatOthersCouldReadAreClosedToThem() throws Exception {
    try (var server = TestServer.start(directory)) {
      server.server.fingerprint();
    }
    var everybody = PosixFilePermissions.fromString("rw-r--r--");
    Files.setPosixFilePermissions(directory.resolve("token"), everybody);
    Files.setPosixFilePermissions(directory.resolve("tls.key"), everybody);
    try (var server = TestServer.start(directory)) {
      server.server.fingerprint();
    }
    for (String secret : List.of("tls.key", "token")) {
      assertThat(Files.getPosixFilePermissions(directory.resolve(secret))).hasSize(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls.key", "tls.crt", "token"})
  void damagedSecretsLeaveTheLocalApi(String damaged) throws Exception {
    try (var server = TestServer.start(directory)) {
      server.server.fingerprint();
    }
    Files.writeString(directory.resolve(damaged), "damaged");
    try (var server = TestServer.start(directory)) {
      assertThatThrownBy(server.server::fingerprint)
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.problem().remedy()).contains("delete"));
      var health = server.call("GET", "/healthz");
      assertThat(health.status()).isGreaterThanOrEqualTo(400);
      assertThat(Documents.tree(health.body()).path("object").asString())
          .startsWith(directory.toString());
      assertThat(server.call("GET", "/v1/info").status()).isEqualTo(202);
    }
  }

  @Test
  void aCrashBetweenKeyAndCertificateIsMended() throws Exception {
    Files.writeString(directory.resolve("tls.key"), "half");
    try (var server = TestServer.start(directory)) {
      assertThat(server.server.fingerprint()).isNotEmpty();
    }
  }

  private HttpSettings at(int first, int last) {
    var usual = TestServer.settings(directory, Set.of(TestServer.ownUid()));
    Tls tls = usual.tls();
    return new HttpSettings(
        usual.socket(),
        usual.peerUids(),
        new Tls(
            "127.0.0.1",
            first,
            last,
            tls.certificate(),
            tls.key(),
            tls.token(),
            _ -> "somebody (pid 1)"),
        HttpLimits.USUAL);
  }

  @Test
  void aPortThatIsTakenIsPassedOver() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      try (var server = TestServer.start(at(port, port + 20), Duration.ofSeconds(1))) {
        assertThat(server.server.port()).isGreaterThan(port);
        assertThat(server.server.url()).isEqualTo("https://127.0.0.1:" + server.server.port());
      }
    }
  }

  @Test
  void anotherPortThanTheWantedOneIsToldWithWhoHasIt() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      try (var server = TestServer.start(at(port, port + 20), Duration.ofSeconds(1))) {
        assertThat(server.server.portTrouble().orElseThrow().oneLine())
            .contains("port " + port + " was taken by somebody (pid 1)")
            .contains("port " + server.server.port());
        assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
      }
    }
  }

  /** The local socket is the way to find out; the port is had as soon as it is free. */
  @Test
  void withoutAPortTheLocalSocketAnswersAndThePortIsTriedAgain() throws Exception {
    var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    int port = taken.getLocalPort();
    try (taken;
        var server = TestServer.start(at(port, port), Duration.ofSeconds(1))) {
      server.server.fingerprint();
      assertThat(server.server.mendPort()).isFalse();
      assertThat(server.server.url()).isEmpty();
      var unwell = server.call("GET", "/healthz");
      assertThat(unwell.status()).isEqualTo(503);
      assertThat(unwell.text())
          .contains("port " + port)
          .contains("somebody (pid 1)")
          .contains("listen.port");
      taken.close();
      TestServer.await(
          "the port is free",
          () -> {
            try {
              return server.server.mendPort();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
      assertThat(server.server.portTrouble()).isEmpty();
      assertThat(server.server.port()).isEqualTo(port);
      assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
      try (var http = server.remote()) {
        var request = HttpRequest.newBuilder(URI.create(server.server.url() + "/healthz")).build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void plainHttpOnTheTlsPortIsRefused() throws IOException {
    try (var server = TestServer.start(directory)) {
      server.server.fingerprint();
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
        socket.setSoTimeout(20_000);
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] answer = socket.getInputStream().readAllBytes();
        assertThat(new String(answer, StandardCharsets.ISO_8859_1)).doesNotContain("HTTP/1.1 200");
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("reset");
      }
    }
  }
}
