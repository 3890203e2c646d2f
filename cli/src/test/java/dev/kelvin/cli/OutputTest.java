package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.Phase;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What cannot be written is never told as done. */
@Timeout(60)
class OutputTest extends OnFakeDaemon {
  private static final int HOST_FAILURE = 10;
  private static final int CLOSED_PIPE = 141;

  /** Takes so many bytes, and then nothing more. */
  private static final class Full extends OutputStream {
    private final String reason;
    private int room;
    private int refusals;

    Full(int room, String reason) {
      this.room = room;
      this.reason = reason;
    }

    @Override
    public void write(int b) throws IOException {
      if (room-- <= 0) {
        refusals++;
        throw new IOException(reason);
      }
    }
  }

  private static Full disk() {
    return new Full(0, "No space left on device");
  }

  /** Words for commands that print, with what the daemon has to answer. */
  private List<List<String>> printing() {
    daemon.on(FlowTest.ALL_VMS, Reply.json(200, Things.page(Things.vm("web1", Phase.RUNNING))));
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    daemon.on("GET /v1/state/backup", Reply.text("a backup"));
    daemon.on("GET /v1/vms/web1/screenshot?screen=1", Reply.text("PNG"));
    daemon.on("GET /v1/vms/web1/guest/files?path=/a", Reply.text("text"));
    String said = Base64.getEncoder().encodeToString("hello".getBytes(StandardCharsets.UTF_8));
    daemon.on(
        "POST /v1/vms/web1/guest/exec",
        Reply.json(200, Map.of("exitCode", 0, "stdout", said, "stderr", "", "truncated", false)));
    daemon.task("POST /v1/vms/web1/start", "t1", "vm.start", "vm/web1");
    return List.of(
        List.of("ls"),
        List.of("list"), // another program's word for it
        List.of("ls", "-o", "json"),
        List.of("get", "vm", "web1", "-o", "yaml"),
        List.of("show", "web1"),
        List.of("exec", "web1", "true"),
        List.of("start", "web1"),
        List.of("state", "backup", "-"),
        List.of("cp", "web1:/a", "-"),
        List.of("screenshot", "web1", "-"),
        List.of("help"),
        List.of("explain", "vm"));
  }

  @Test
  void noCommandSucceedsWhoseOutputIsLost() throws IOException {
    List<List<String>> all = new ArrayList<>(printing());
    // Each that there is, and will be, by its help.
    Catalog.ENTRIES.forEach(entry -> {
      var words = new ArrayList<>(List.of(entry.name().split(" ")));
      words.add("--help");
      all.add(words);
    });
    for (List<String> words : all) {
      Full full = disk();
      Result result = cli.run(full, words.toArray(String[]::new));
      assertThat(full.refusals).as("%s writes", words).isEqualTo(1);
      assertThat(result.code()).as("%s: %s", words, result.err()).isEqualTo(HOST_FAILURE);
      assertThat(result.err())
          .as("%s", words)
          .contains("could not be written", "standard output", "No space left on device")
          .containsOnlyOnce("could not be written");
    }
  }

  @Test
  void halfOfTheOutputIsNotAllOfIt() throws IOException {
    printing();
    Result result = cli.run(new Full(20, "Input/output error"), "get", "vms", "-o", "json");
    assertThat(result.code()).isEqualTo(HOST_FAILURE);
    assertThat(result.err()).contains("Input/output error");
  }

  @Test
  void whoeverHasReadEnoughIsToldNothing() throws IOException {
    for (List<String> words : printing()) {
      Result result = cli.run(new Full(0, "Broken pipe"), words.toArray(String[]::new));
      assertThat(result.code()).as("%s", words).isEqualTo(CLOSED_PIPE);
      assertThat(result.err()).as("%s", words).doesNotContain("Error:");
    }
  }

  @Test
  void aFailureKeepsItsOwnExitCode() throws IOException {
    Result result = cli.run(disk(), "no-such-command");
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void aFileIsReplacedWhenAllOfItIsThere() throws IOException {
    printing();
    Path file = cli.file("shot.png", "before");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(cli.run("screenshot", "web1", "shot.png").code()).isZero();
    assertThat(file).hasContent("PNG");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-r-----");
    Result full = cli.run("screenshot", "web1", "/dev/full");
    assertThat(full.code()).isEqualTo(2);
    assertThat(full.err()).contains("The file cannot be written", "/dev/full");
    assertThat(cli.run("state", "backup", "shot.png").code()).isZero();
    assertThat(file).hasContent("a backup");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(cli.run("state", "backup", "/dev/full").code()).isEqualTo(2);
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files.map(one -> one.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".shot"));
    }
  }
}
