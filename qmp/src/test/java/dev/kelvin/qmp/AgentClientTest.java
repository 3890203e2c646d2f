package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@Timeout(30)
class AgentClientTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir Path directory;

  private FakePeer agent(FakeAgent.Answers answers) throws IOException {
    return FakeAgent.start(directory, answers);
  }

  @Test
  void beginsWithTheSentinelAndASync() throws Exception {
    var first = new CopyOnWriteArrayList<byte[]>();
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  byte[] bytes = line.readBytes();
                  first.add(bytes);
                  line.synchronize(Json.MAPPER.readTree(bytes, 1, bytes.length - 1));
                  line.read();
                  line.send("{\"return\": {}}\n");
                  line.drain();
                });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      agent.ping(SOON);
      assertThat(first.getFirst()[0]).isEqualTo((byte) 0xFF);
      assertThat(new String(first.getFirst(), StandardCharsets.UTF_8))
          .contains("guest-sync-delimited");
    }
  }

  @Test
  void whatAnEarlierClientLeftBehindIsThrownAway() throws Exception {
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.send("f of an answer\"}\n{\"return\": 5}\n{\"return\": {\"half");
                  JsonNode command = line.readCommand();
                  line.send("{\"error\": {\"class\": \"GenericError\", \"desc\": \"Invalid\"}}\n");
                  line.synchronize(command);
                  line.read();
                  line.send("{\"return\": {\"host-name\": \"web1\"}}\n");
                  line.drain();
                });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThat(agent.hostName()).isEqualTo("web1");
    }
  }

  @Test
  void afterATimeOutItConnectsAnewAndTheLateAnswerIsNotMistaken() throws Exception {
    var commands = new AtomicInteger();
    var late = new CountDownLatch(1);
    try (var peer =
            agent((command, arguments) -> {
              if (commands.incrementAndGet() == 1) {
                late.await();
                return "{\"host-name\": \"late\"}";
              }
              return "{\"host-name\": \"fresh\"}";
            });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      // Generous enough for the handshake on a busy host.
      assertThatThrownBy(
              () -> agent.execute("guest-get-host-name", Map.of(), Duration.ofSeconds(1)))
          .isInstanceOf(QmpException.TimedOut.class);
      late.countDown();
      assertThat(agent.hostName()).isEqualTo("fresh");
      assertThat(peer.connections()).isEqualTo(2);
    }
  }

  @Test
  void anAbsentAgentCostsTheTimeOut() throws Exception {
    try (var peer = FakePeer.start(directory, FakePeer.Line::drain);
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThatThrownBy(() -> agent.ping(SHORT)).isInstanceOf(QmpException.TimedOut.class);
    }
  }

  @Test
  void withoutASocketItFailsAtOnce() {
    try (var agent = AgentClient.connect(directory.resolve("none"), SOON)) {
      assertThatThrownBy(() -> agent.ping(SOON)).isInstanceOf(QmpException.Disconnected.class);
    }
  }

  @Test
  void aRefusalHasTheAgentsWords() throws Exception {
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.synchronize();
                  line.read();
                  line.send(
                      "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no \\u0007such\"}}\n");
                  line.drain();
                });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThatThrownBy(agent::osInfo)
          .isInstanceOfSatisfying(
              QmpException.CommandFailed.class,
              failed -> {
                assertThat(failed.errorClass()).isEqualTo("CommandNotFound");
                assertThat(failed.description()).isEqualTo("no such");
              });
    }
  }

  @Test
  void aMessageBeyondTheLimitEndsTheConnectionAndTheNextCallBeginsAnew() throws Exception {
    var calls = new AtomicInteger();
    try (var peer =
            agent((command, arguments) ->
                calls.incrementAndGet() == 1
                    ? "\"" + "x".repeat(70_000) + "\""
                    : "{\"host-name\": \"ok\"}");
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThatThrownBy(agent::hostName).isInstanceOf(QmpException.ProtocolViolation.class);
      assertThat(agent.hostName()).isEqualTo("ok");
    }
  }

  @Test
  void theGuestsTextsAreCleanedAndCut() throws Exception {
    String hostile = "a\\u001b[31mb\\u0000\\u202e" + "c".repeat(1000);
    try (var peer = agent((command, arguments) -> "{\"host-name\": \"" + hostile + "\"}");
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThat(agent.hostName()).startsWith("a[31mbccc").hasSize(256);
    }
  }

  @Test
  void readsWhatTheAgentTells() throws Exception {
    try (var peer =
            agent((command, arguments) ->
                switch (command) {
                  case "guest-info" ->
                      """
                      {"version": "7.2.22", "supported_commands": [
                        {"name": "guest-exec", "enabled": true, "success-response": true},
                        {"name": "guest-file-open", "enabled": false, "success-response": true}]}\
                      """
                          .replace("\n", " ");
                  case "guest-get-osinfo" ->
                      "{\"id\": \"debian\", \"pretty-name\": \"Debian\", \"machine\": \"x86_64\"}";
                  case "guest-network-get-interfaces" ->
                      """
                      [{"name": "lo", "ip-addresses": [
                         {"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}]},
                       {"name": "enp1s0", "hardware-address": "52:54:00:00:00:01",
                            "statistics": {"rx-bytes": 7, "tx-bytes": 9}}]\
                      """
                          .replace("\n", " ");
                  default -> "{}";
                });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThat(agent.info().version()).isEqualTo("7.2.22");
      assertThat(agent.info().commands()).containsExactly("guest-exec");
      assertThat(agent.osInfo())
          .isEqualTo(new AgentClient.OsInfo("debian", "Debian", null, null, "x86_64"));
      assertThat(agent.networkInterfaces())
          .containsExactly(
              new AgentClient.GuestInterface("lo", null, List.of("127.0.0.1/8"), 0, 0),
              new AgentClient.GuestInterface("enp1s0", "52:54:00:00:00:01", List.of(), 7, 9));
    }
  }

  /** Scripts use them in commands. */
  @Test
  void whatIsNoAddressIsLeftOut() throws Exception {
    try (var peer =
            agent((command, arguments) ->
                """
                [{"name": "e\\u001b]0;x\\u0007", "hardware-address": "$(reboot)", "ip-addresses": [
                   {"ip-address": "10.0.2.1; reboot", "prefix": 24},
                   {"ip-address": "\\u001b[31m10.0.2.2", "prefix": 24},
                   {"ip-address": "a.example", "prefix": 24},
                   {"ip-address": "127.1", "prefix": 8},
                   {"ip-address": "fe80::1%lo", "prefix": 64},
                   {"ip-address": "::::", "prefix": 64},
                   {"ip-address": "0177.0.0.1", "prefix": 8},
                   {"ip-address": "10.0.2.3", "prefix": -2},
                   {"ip-address": "10.0.2.4", "prefix": 33},
                   {"ip-address": "10.0.2.5", "prefix": 99999999999999999999},
                   {"ip-address": {"a": 1}, "prefix": 3},
                   {"prefix": 3}, 7,
                   {"ip-address": "10.0.2.6", "prefix": 32},
                   {"ip-address": "fe80::5054:ff:fe00:1", "prefix": 64},
                   {"ip-address": "10.0.2.7", "prefix": -1}]}]\
                """
                    .replace("\n", " "));
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThat(agent.networkInterfaces())
          .containsExactly(
              new AgentClient.GuestInterface(
                  "e]0;x",
                  null,
                  List.of("10.0.2.6/32", "fe80::5054:ff:fe00:1/64", "10.0.2.7/32"),
                  0,
                  0));
    }
  }

  @Test
  void whoWaitsInVainForItsTurnIsToldThatTheAgentIsBusy() throws Exception {
    var asked = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    try (var peer =
            agent((command, arguments) -> {
              asked.countDown();
              goOn.await();
              return "{}";
            });
        var agent = AgentClient.connect(peer.socket(), SOON);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(() -> agent.execute("guest-x", Map.of(), SOON));
      asked.await();
      assertThatThrownBy(() -> agent.ping(SHORT)).isInstanceOf(QmpException.Busy.class);
      goOn.countDown();
      assertThat(first.get().isObject()).isTrue();
      agent.ping(SOON);
      assertThat(peer.connections()).isEqualTo(1);
    }
  }

  @Test
  void tellsAndSetsTheClock() throws Exception {
    var set = new CopyOnWriteArrayList<JsonNode>();
    try (var peer =
            agent((command, arguments) -> {
              if (command.equals("guest-set-time")) {
                set.add(arguments);
                return "{}";
              }
              return "1700000000123456789";
            });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      var time = java.time.Instant.ofEpochSecond(1_700_000_000, 123_456_789);
      assertThat(agent.time()).isEqualTo(time);
      agent.setTime(time);
      assertThat(set.getFirst().path("time").asLong()).isEqualTo(1_700_000_000_123_456_789L);
    }
  }

  /** A file system of one file. */
  private static final class OneFile implements FakeAgent.Answers {
    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    byte[] content = new byte[0];
    int at;
    int open;

    @Override
    public String to(String command, JsonNode arguments) {
      return switch (command) {
        case "guest-file-open" -> {
          open++;
          yield "1000";
        }
        case "guest-file-close" -> {
          open--;
          yield "{}";
        }
        case "guest-file-read" -> {
          int count = Math.min(arguments.path("count").asInt(), content.length - at);
          var part = java.util.Arrays.copyOfRange(content, at, at + count);
          at += count;
          yield "{\"count\": "
              + count
              + ", \"buf-b64\": \""
              + Base64.getEncoder().encodeToString(part)
              + "\", \"eof\": "
              + (at == content.length)
              + "}";
        }
        case "guest-file-write" -> {
          byte[] part = Base64.getDecoder().decode(arguments.path("buf-b64").asString());
          // Now and then an agent takes less than it is given.
          int count = Math.max(1, Math.min(part.length, 50_000));
          written.write(part, 0, count);
          yield "{\"count\": " + count + ", \"eof\": false}";
        }
        default -> "{}";
      };
    }
  }

  @Test
  void readsAndWritesFilesInChunks() throws Exception {
    byte[] content = new byte[300_000];
    new Random(1).nextBytes(content);
    var file = new OneFile();
    file.content = content;
    try (var peer = agent(file);
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThat(agent.readFile("/etc/x", 300_000)).isEqualTo(content);
      assertThat(agent.writeFile("/etc/x", "w", new ByteArrayInputStream(content)))
          .isEqualTo(300_000);
      assertThat(file.written.toByteArray()).isEqualTo(content);
      assertThat(file.open).isZero();
    }
  }

  @Test
  void aFileThatIsTooLargeIsRefusedAndClosed() throws Exception {
    var file = new OneFile();
    file.content = new byte[200_000];
    try (var peer = agent(file);
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThatThrownBy(() -> agent.readFile("/etc/x", 150_000))
          .isInstanceOf(QmpException.CommandFailed.class)
          .hasMessageContaining("150000");
      assertThat(file.open).isZero();
    }
  }

  @Test
  void dataThatIsNotBase64IsAViolation() throws Exception {
    try (var peer =
            agent((command, arguments) ->
                command.equals("guest-file-open")
                    ? "1"
                    : "{\"count\": 1, \"buf-b64\": \"%%%\", \"eof\": true}");
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThatThrownBy(() -> agent.readFile("/x", 100))
          .isInstanceOf(QmpException.ProtocolViolation.class);
    }
  }

  @Test
  void shuttingDownIsDoneWhenTheAgentIsSilentOrGone() throws Exception {
    try (var silent = agent((command, any) -> command.equals("guest-shutdown") ? "" : "{}");
        var agent = AgentClient.connect(silent.socket(), SOON)) {
      agent.shutdown();
    }
    try (var gone =
            FakePeer.start(
                directory,
                line -> {
                  FakeAgent.answer(line, (command, any) -> "{}");
                  FakeAgent.answer(line, (command, any) -> "{}");
                  line.read();
                });
        var agent = AgentClient.connect(gone.socket(), SOON)) {
      agent.shutdown();
    }
  }

  @Test
  void callersTakeTurns() throws Exception {
    try (var peer = agent((command, arguments) -> "{\"echo\": " + arguments.path("n") + "}");
        var agent = AgentClient.connect(peer.socket(), SOON);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<Future<JsonNode>>();
      for (int i = 0; i < 20; i++) {
        int n = i;
        answers.add(threads.submit(() -> agent.execute("guest-x", Map.of("n", n), SOON)));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(answers.get(i).get().path("echo").asInt()).isEqualTo(i);
      }
      assertThat(peer.connections()).isEqualTo(1);
    }
  }
}
