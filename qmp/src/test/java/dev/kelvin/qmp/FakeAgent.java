package dev.kelvin.qmp;

import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** A guest agent in few words. */
final class FakeAgent {
  private FakeAgent() {}

  /** Answers commands. */
  interface Answers {
    /** JSON of the value to return; empty to say nothing. */
    String to(String command, JsonNode arguments) throws Exception;
  }

  static FakePeer start(Path directory, Answers answers) throws IOException {
    return FakePeer.start(
        directory,
        line -> {
          while (true) {
            answer(line, answers);
          }
        });
  }

  static void answer(FakePeer.Line line, Answers answers) throws Exception {
    JsonNode command = line.readCommand();
    if (command.path("execute").asString().equals("guest-sync-delimited")) {
      line.synchronize(command);
      return;
    }
    String answer = answers.to(command.path("execute").asString(), command.path("arguments"));
    if (!answer.isEmpty()) {
      line.send("{\"return\": " + answer + "}\n");
    }
  }
}
