package dev.kelvin.machine.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.machine.guest.AgentEnvironment.Start;
import dev.kelvin.qmp.AgentClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a program in a guest finds in its environment beside what it was given. */
@Timeout(60)
class AgentEnvironmentTest {
  private static final List<String> COMMAND = List.of("make", "-j");

  @TempDir Path directory;

  /** What the agent's own environ(7) has; null where there is no such file. */
  private @Nullable String environ;

  private String answer(String command, JsonNode arguments) {
    String own = environ;
    if (own == null) {
      return ScriptedAgent.REFUSED;
    }
    return switch (command) {
      case "guest-file-open" -> {
        assertThat(arguments.path("path").asString()).isEqualTo("/proc/self/environ");
        yield "1";
      }
      case "guest-file-read" -> {
        byte[] all = own.getBytes(ISO_8859_1);
        String text = Base64.getEncoder().encodeToString(all);
        yield "{\"count\": " + all.length + ", \"buf-b64\": \"" + text + "\", \"eof\": true}";
      }
      default -> "{}";
    };
  }

  private Start with(List<String> given) throws Exception {
    Path socket = directory.resolve("agent.sock");
    try (var _ = new ScriptedAgent(socket, this::answer);
        var client = AgentClient.connect(socket, Duration.ofSeconds(10))) {
      return new AgentEnvironment(client).with(COMMAND, given);
    }
  }

  @Test
  void whatIsGivenComesToWhatTheAgentHas() throws Exception {
    environ = "PATH=/bin\0HOME=/\0EMPTY=\0";
    assertThat(with(List.of("HOME=/root", "A=b=c", "A=d")))
        .isEqualTo(new Start(COMMAND, List.of("PATH=/bin", "HOME=/root", "EMPTY=", "A=d")));
  }

  /** The agent's protocol is UTF-8; what has no name cannot be set. */
  @Test
  void whatCannotBeHandedOnIsLeftOut() throws Exception {
    environ = "BAD=\u00ff\0=nothing\0noSign\0GOOD=1\0cut off";
    assertThat(with(List.of("A=b")).environment()).containsExactly("GOOD=1", "A=b");
  }

  @Test
  void withNothingGivenTheAgentsOwnStays() throws Exception {
    environ = "PATH=/bin\0";
    assertThat(with(List.of())).isEqualTo(new Start(COMMAND, List.of()));
  }

  /** Such as FreeBSD, where the agent does not tell. */
  @Test
  void withoutSuchAFileEnvAddsTheVariables() throws Exception {
    assertThat(with(List.of("A=b", "C=d")))
        .isEqualTo(new Start(List.of("env", "A=b", "C=d", "make", "-j"), List.of()));
  }
}
