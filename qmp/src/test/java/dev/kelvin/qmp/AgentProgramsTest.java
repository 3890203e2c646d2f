package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Programs that an agent runs, and what it tells of them. */
@Timeout(30)
class AgentProgramsTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir Path directory;

  private FakePeer agent(FakeAgent.Answers answers) throws IOException {
    return FakeAgent.start(directory, answers);
  }

  @Test
  void runsAProgramAndWaitsForItsEnd() throws Exception {
    var seen = new CopyOnWriteArrayList<JsonNode>();
    var polls = new AtomicInteger();
    try (var peer =
            agent((command, arguments) -> {
              seen.add(arguments);
              if (command.equals("guest-exec")) {
                return "{\"pid\": 77}";
              }
              return polls.incrementAndGet() < 4
                  ? "{\"exited\": false}"
                  : "{\"exited\": true, \"exitcode\": 3, \"out-data\": \"aGk=\","
                      + " \"err-data\": \"bm8=\", \"out-truncated\": true}";
            });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      long pid =
          agent.start(
              List.of("sh", "-c", "exit 3"), List.of("A=b"), "in".getBytes(StandardCharsets.UTF_8));
      assertThat(pid).isEqualTo(77);
      assertThat(agent.ended(pid)).isNull();
      assertThat(agent.ended(pid)).isNull();
      assertThat(agent.ended(pid)).isNull();
      var result = Objects.requireNonNull(agent.ended(pid));
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.signal()).isNull();
      assertThat(new String(result.out(), StandardCharsets.UTF_8)).isEqualTo("hi");
      assertThat(new String(result.err(), StandardCharsets.UTF_8)).isEqualTo("no");
      assertThat(result.truncated()).isTrue();
      assertThat(seen.getFirst().path("path").asString()).isEqualTo("sh");
      assertThat(seen.getFirst().path("arg").size()).isEqualTo(2);
      assertThat(seen.getFirst().path("env").get(0).asString()).isEqualTo("A=b");
      assertThat(seen.getFirst().path("input-data").asString()).isEqualTo("aW4=");
      assertThat(seen.getLast().path("pid").asInt()).isEqualTo(77);
    }
  }

  @Test
  void ofLongOutputTheBeginningIsKeptAndTheRestPassedOver() throws Exception {
    String most = Base64.getEncoder().encodeToString(new byte[16 << 20]);
    try (var peer =
            agent((command, arguments) ->
                "{\"exited\": true, \"exitcode\": 3, \"out-data\": \""
                    + most
                    + "\", \"err-data\": \""
                    + most
                    + "\"}");
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      var result = Objects.requireNonNull(agent.ended(1));
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.out()).isEqualTo(new byte[AgentClient.MAX_OUTPUT]);
      assertThat(result.err()).hasSize(AgentClient.MAX_OUTPUT);
      assertThat(result.truncated()).isTrue();
    }
  }

  /** Exit codes and exceptions of Windows have 32 bits, and no sign in the agent's words. */
  @Test
  void exitCodesOfWindowsAreRead() throws Exception {
    try (var peer =
            agent((command, arguments) ->
                arguments.path("pid").asInt() == 1
                    ? "{\"exited\": true, \"exitcode\": 4294967295}"
                    : "{\"exited\": true, \"signal\": 3221225477}");
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThat(Objects.requireNonNull(agent.ended(1)).exitCode()).isEqualTo(-1);
      assertThat(Objects.requireNonNull(agent.ended(2)).signal()).isEqualTo(0xC0000005);
    }
  }

  @Test
  void outputWithoutEndIsAViolation() throws Exception {
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.synchronize();
                  line.read();
                  line.send("{\"return\": {\"exited\": true, \"out-data\": \"");
                  while (true) {
                    line.send("A".repeat(1 << 20));
                  }
                });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThatThrownBy(() -> agent.ended(1))
          .isInstanceOf(QmpException.ProtocolViolation.class)
          .hasMessageContaining("more than it was asked for");
    }
  }

  @Test
  void aProgramThatRunsTooLongTimesOutAndTheAgentStaysUsable() throws Exception {
    try (var peer =
            agent((command, arguments) ->
                switch (command) {
                  case "guest-exec" -> "{\"pid\": 1}";
                  case "guest-exec-status" -> "{\"exited\": false}";
                  default -> "{\"host-name\": \"h\"}";
                });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      assertThatThrownBy(() -> agent.exec(List.of("sleep"), SHORT))
          .isInstanceOf(QmpException.TimedOut.class)
          .hasMessageContaining("sleep");
      assertThat(agent.hostName()).isEqualTo("h");
    }
  }
}
