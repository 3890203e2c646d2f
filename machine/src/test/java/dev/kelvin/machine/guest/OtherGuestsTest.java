package dev.kelvin.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.qmp.AgentClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Guests that are no Linux, or lack what others have, or are not honest. */
@Timeout(60)
class OtherGuestsTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path directory;

  private interface Work {
    void with(AgentClient agent) throws Exception;
  }

  private List<String> asked(BiFunction<String, JsonNode, String> answers, Work work)
      throws Exception {
    Path socket = directory.resolve("agent-" + System.nanoTime() + ".sock");
    try (var agent = new ScriptedAgent(socket, answers);
        var client = AgentClient.connect(socket, SOON)) {
      work.with(client);
      return agent.asked();
    }
  }

  private static String base64(byte[] bytes) {
    return "\"" + Base64.getEncoder().encodeToString(bytes) + "\"";
  }

  private static String windows(String command, JsonNode arguments) {
    return switch (command) {
      case "guest-get-osinfo" -> "{\"id\": \"mswindows\"}";
      case "guest-exec" ->
          "{\"pid\": " + (arguments.path("path").asString().equals("cmd.exe") ? 1 : 2) + "}";
      case "guest-exec-status" ->
          arguments.path("pid").asInt() == 1
              ? "{\"exited\": true, \"exitcode\": 0, \"out-data\": "
                  + base64("Path=C:\\Windows\r\nÄ=ö\r\n".getBytes(StandardCharsets.UTF_16LE))
                  + "}"
              : "{\"exited\": true, \"exitcode\": 0}";
      case "guest-file-open" ->
          arguments.path("path").asString().startsWith("/proc") ? ScriptedAgent.REFUSED : "7";
      case "guest-file-write" -> "{\"count\": 5, \"eof\": false}";
      default -> "{}";
    };
  }

  @Test
  void windowsIsAskedForItsEnvironmentByItsShell() throws Exception {
    var asked =
        asked(
            OtherGuestsTest::windows,
            agent ->
                new GuestPrograms("win", () -> agent)
                    .run(
                        new GuestProgram(
                            List.of("whoami"), List.of("PATH=D:\\x"), new byte[0], SOON),
                        new CountDownLatch(1)));
    assertThat(asked)
        .anyMatch(one ->
            one.contains("\"whoami\"") && one.contains("\"env\":[\"PATH=D:\\\\x\",\"Ä=ö\"]"));
  }

  @Test
  void windowsHasItsFilesWrittenInTheirPlace() throws Exception {
    var asked =
        asked(
            OtherGuestsTest::windows,
            agent -> {
              new GuestFiles("win", () -> agent)
                  .write(
                      "/a.txt",
                      0600,
                      new ByteArrayInputStream("hello".getBytes(StandardCharsets.UTF_8)));
            });
    assertThat(asked).anyMatch(one -> one.contains("guest-file-open") && one.contains("\"w\""));
    assertThat(asked).noneMatch(one -> one.contains("guest-exec"));
  }

  /** Not even a shell; the agent says that it has started what it has not. */
  @Test
  void whatCannotBeEndedIsNamed() throws Exception {
    asked(
        (command, arguments) ->
            switch (command) {
              case "guest-exec" ->
                  arguments.path("path").asString().equals("sh")
                      ? ScriptedAgent.REFUSED
                      : "{\"pid\": 4711}";
              case "guest-exec-status" -> "{\"exited\": false}";
              default -> ScriptedAgent.REFUSED;
            },
        agent -> {
          var program =
              new GuestProgram(
                  List.of("sleep", "9"), List.of(), new byte[0], Duration.ofSeconds(1));
          var problem =
              catchThrowableOfType(
                      ProblemException.class,
                      () ->
                          new GuestPrograms("web", () -> agent).run(program, new CountDownLatch(1)))
                  .problem();
          assertThat(problem.code()).isEqualTo(Code.TIMEOUT);
          assertThat(problem.cause()).contains("still runs in the guest, as process 4711 (sleep)");
          assertThat(problem.remedy()).contains("kill -9 4711");
        });
  }

  /** What the agent makes, everybody in the guest could write to. */
  @Test
  void withoutProgramsNoNewFileIsMade() throws Exception {
    BiFunction<String, JsonNode, String> bare =
        (command, arguments) ->
            switch (command) {
              case "guest-file-open" ->
                  arguments.path("path").asString().equals("/there")
                          || arguments.path("mode").asString().equals("w")
                      ? "7"
                      : ScriptedAgent.REFUSED;
              case "guest-file-write" -> "{\"count\": 5, \"eof\": false}";
              case "guest-file-flush", "guest-file-close" -> "{}";
              default -> ScriptedAgent.REFUSED;
            };
    var asked =
        asked(
            bare,
            agent -> {
              var files = new GuestFiles("web", () -> agent);
              byte[] content = "hello".getBytes(StandardCharsets.UTF_8);
              var problem =
                  catchThrowableOfType(
                          ProblemException.class,
                          () -> files.write("/new", 0600, new ByteArrayInputStream(content)))
                      .problem();
              assertThat(problem.cause()).contains("everybody in the guest can write");
              assertThat(problem.remedy()).contains("guest-exec");
              files.write("/there", 0600, new ByteArrayInputStream(content));
            });
    assertThat(asked.stream().filter(one -> one.startsWith("guest-file-write"))).hasSize(1);
  }

  @Test
  void aClockIsSetOnlyWhenItIsBehind() throws Exception {
    Instant now = Instant.parse("2026-11-30T12:00:00Z");
    var clock = new GuestClock("web", InstantSource.fixed(now));
    for (int behind : List.of(-100, 0, 1, 40)) {
      var asked =
          asked(
              (command, arguments) ->
                  command.equals("guest-get-time")
                      ? now.minusSeconds(behind).getEpochSecond() + "000000000"
                      : "{}",
              clock::catchUp);
      assertThat(asked.stream().filter(one -> one.startsWith("guest-set-time")).toList())
          .isEqualTo(
              behind == 40
                  ? List.of("guest-set-time {\"time\":" + now.getEpochSecond() + "000000000}")
                  : List.of());
    }
    // One that may not be asked, as by its own configuration, is left alone.
    asked((command, arguments) -> ScriptedAgent.REFUSED, clock::catchUp);
  }
}
