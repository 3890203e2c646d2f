package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Principal;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The local API's socket: who may use it, and who has it. */
@Timeout(60)
class LocalSocketTest {
  private static final int NOBODY = 65534;

  private Path directory = Path.of("/");

  @BeforeEach
  void remember(@TempDir Path given) {
    directory = given;
  }

  @Test
  void onlyItsOwnerCanOpenIt() throws IOException {
    try (var server = TestServer.start(directory)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.socket())))
          .isEqualTo("rw-------");
      assertThat(server.call("GET", "/v1/info").status()).isEqualTo(202);
      Principal who = server.actions.askers.getFirst();
      assertThat(who.means()).isEqualTo(Principal.Means.PEER_CREDENTIALS);
      assertThat(who.name()).isEqualTo(System.getProperty("user.name"));
      try (var files = Files.list(directory)) {
        assertThat(files.map(file -> file.getFileName().toString())).doesNotContain("api.sock.new");
      }
    }
    assertThat(directory.resolve("api.sock")).doesNotExist();
  }

  @Test
  void usersWhoAreNotNamedAreRefused() {
    var settings = TestServer.settings(directory, Set.of(TestServer.ownUid() + 4242));
    try (var server = TestServer.start(settings, Duration.ofSeconds(1))) {
      for (String path : List.of("/v1/info", "/healthz", "/v1/nothing")) {
        var answer = server.call("GET", path);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(Documents.tree(answer.body()).path("code").asString()).isEqualTo("forbidden");
      }
      assertThat(server.actions.asked).isEmpty();
    }
  }

  @Test
  void usersAreKnownByTheirIds() throws IOException {
    var settings =
        TestServer.settings(directory, new HashSet<>(List.of(0, TestServer.ownUid(), NOBODY)));
    try (var server = TestServer.start(settings, Duration.ofSeconds(1))) {
      assertThat(server.call("GET", "/v1/info").status()).isEqualTo(202);
    }
  }

  @Test
  void aProcessOfAnotherUserIsRefused(@TempDir Path open) throws Exception {
    assumeThat(TestServer.ownUid()).as("only root can become another user").isZero();
    for (String tool : List.of("/usr/bin/setpriv", "/usr/bin/curl")) {
      assumeThat(Path.of(tool)).as(tool + " is needed").exists();
    }
    var everybody = PosixFilePermissions.fromString("rwxrwxrwx");
    Files.setPosixFilePermissions(open, everybody);
    try (var server = TestServer.start(open)) {
      // Even if somebody opens the socket to all, the kernel still tells who comes.
      Files.setPosixFilePermissions(server.socket(), everybody);
      var curl =
          new ProcessBuilder(
                  "/usr/bin/setpriv",
                  "--reuid=" + NOBODY,
                  "--regid=" + NOBODY,
                  "--clear-groups",
                  "/usr/bin/curl",
                  "--silent",
                  "--max-time",
                  "20",
                  "--unix-socket",
                  server.socket().toString(),
                  "http://kelvin/v1/info")
              .redirectErrorStream(true)
              .start();
      try {
        String said = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(curl.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assumeThat(curl.exitValue()).as("the directory can be reached by others").isNotEqualTo(7);
        assertThat(said).contains("\"code\":\"forbidden\"").contains("this is nobody");
      } finally {
        curl.destroyForcibly();
      }
      assertThat(server.actions.asked).isEmpty();
    }
  }

  @Test
  void aStaleSocketIsReplaced() throws IOException {
    Path socket = directory.resolve("api.sock");
    try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket));
    }
    Files.createFile(directory.resolve("api.sock.new"));
    assertThat(socket).exists();
    try (var server = TestServer.start(directory)) {
      assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
    }
  }

  @Test
  void aSocketInUseIsLeftAlone() {
    try (var first = TestServer.start(directory)) {
      assertThatThrownBy(() -> TestServer.start(directory).close())
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.problem().code()).isEqualTo(Code.CONFLICT);
                assertThat(e.problem().remedy()).contains("kelvin down");
              });
      assertThat(first.call("GET", "/healthz").status()).isEqualTo(200);
    }
  }

  @Test
  void aFileInThePlaceOfTheSocketIsLeftAlone() throws IOException {
    Path file = Files.writeString(directory.resolve("api.sock"), "precious");
    assertThatThrownBy(() -> TestServer.start(directory).close())
        .isInstanceOf(ProblemException.class);
    assertThat(file).hasContent("precious");
  }

  @Test
  void aMissingDirectoryIsAProblem() {
    var settings = TestServer.settings(directory.resolve("none"), Set.of());
    assertThatThrownBy(() -> TestServer.start(settings, Duration.ofSeconds(1)).close())
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().code()).isEqualTo(Code.HOST_FAILURE));
  }

  @Test
  void aRequestUnderWayIsAnsweredBeforeTheEnd() throws Exception {
    var begun = new CountDownLatch(1);
    var ending = new CountDownLatch(1);
    var server = TestServer.start(directory);
    server.actions.script =
        what -> {
          begun.countDown();
          ending.await();
          return new Outcome.Done();
        };
    try (var client = UnixClient.connect(server.socket())) {
      client.request("POST", "/v1/shutdown", null);
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      Thread end = Thread.ofVirtual().start(server::close);
      ending.countDown();
      assertThat(client.answer().status()).isEqualTo(202);
      end.join();
    }
  }
}
