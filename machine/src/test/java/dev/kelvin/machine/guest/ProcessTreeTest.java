package dev.kelvin.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.qmp.AgentClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Processes by what /proc tells of them: that of the host, read by an agent, or one that lies. */
@Timeout(60)
class ProcessTreeTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path directory;

  /** Where the guest's /proc is. */
  private Path proc = Path.of("/proc");

  private final List<byte[]> opened = new ArrayList<>();

  private interface Work {
    void with(ProcessTree tree) throws Exception;
  }

  private void asked(Work work) throws Exception {
    Path socket = directory.resolve("agent-" + opened.size() + ".sock");
    try (var _ = new ScriptedAgent(socket, this::answer);
        var client = AgentClient.connect(socket, SOON)) {
      work.with(new ProcessTree(client));
    }
  }

  private String answer(String command, JsonNode arguments) {
    return switch (command) {
      case "guest-file-open" -> open(arguments.path("path").asString());
      case "guest-file-read" -> {
        byte[] all = opened.get(arguments.path("handle").asInt());
        String text = Base64.getEncoder().encodeToString(all);
        yield "{\"count\": " + all.length + ", \"buf-b64\": \"" + text + "\", \"eof\": true}";
      }
      default -> "{}";
    };
  }

  private String open(String path) {
    try {
      opened.add(Files.readAllBytes(proc.resolve(Path.of("/proc").relativize(Path.of(path)))));
      return Integer.toString(opened.size() - 1);
    } catch (IOException e) {
      return ScriptedAgent.REFUSED;
    }
  }

  private void tell(long pid, String name, String started, String children) throws IOException {
    Path task = Files.createDirectories(proc.resolve(pid + "/task/" + pid));
    String fields = " S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " + started + " 0 0";
    Files.writeString(proc.resolve(pid + "/stat"), pid + " (" + name + ")" + fields);
    Files.writeString(task.resolve("children"), children);
  }

  @Test
  void itHasWhatAProcessHasStartedAndOnlyTheSameOnesRemain() throws Exception {
    Process shell =
        new ProcessBuilder(
                "sh", "-c", "sh -c 'sleep 999 & echo $! $$; wait; exec sleep 999' & wait")
            .start();
    try (BufferedReader said = shell.inputReader(StandardCharsets.US_ASCII)) {
      String[] pids = said.readLine().split(" ", -1);
      long sleep = Long.parseLong(pids[0]);
      long inner = Long.parseLong(pids[1]);
      asked(tree -> {
        Map<Long, String> all = tree.of(shell.pid());
        assertThat(all).containsOnlyKeys(shell.pid(), inner, sleep);
        assertThat(all.values()).allMatch(mark -> mark.matches("[0-9]+"));
        assertThat(tree.remaining(all)).containsExactlyElementsOf(all.keySet());

        ProcessHandle ending = ProcessHandle.of(sleep).orElseThrow();
        assertThat(ending.destroyForcibly()).isTrue();
        assertThat(ending.onExit()).succeedsWithin(SOON);
        assertThat(tree.remaining(all)).doesNotContain(sleep).contains(shell.pid());
        // The same number, another process.
        assertThat(tree.remaining(Map.of(shell.pid(), "1"))).isEmpty();
      });
    } finally {
      Stream.concat(shell.descendants(), Stream.of(shell.toHandle()))
          .toList()
          .forEach(ProcessHandle::destroyForcibly);
      shell.waitFor();
    }
  }

  @Test
  void aNameMayHaveWhatItLikesInIt() throws Exception {
    proc = directory.resolve("proc");
    tell(7, "a) S 1 2 (b", "4711", "");
    asked(tree -> assertThat(tree.of(7)).isEqualTo(Map.of(7L, "4711")));
  }

  @Test
  void aGuestThatLiesIsAskedOnlySoMuch() throws Exception {
    proc = directory.resolve("proc");
    tell(7, "circle", "1", "8 8 7 -1 0 x 99999999999 1e3 ");
    tell(8, "circle", "2", "7 ");
    asked(tree -> assertThat(tree.of(7)).isEqualTo(Map.of(7L, "1", 8L, "2")));

    var many = new StringBuilder();
    for (int i = 1000; i < 2000; i++) {
      many.append(i).append(' ');
    }
    tell(9, "many", "3", many.toString());
    asked(tree -> assertThat(tree.of(9)).hasSize(128));
  }

  @Test
  void withoutProcThereIsTheProcessAlone() throws Exception {
    proc = directory.resolve("none");
    asked(tree -> {
      assertThat(tree.of(7)).isEqualTo(Map.of(7L, ""));
      assertThat(tree.remaining(Map.of(7L, ""))).containsExactly(7L);
    });
  }
}
