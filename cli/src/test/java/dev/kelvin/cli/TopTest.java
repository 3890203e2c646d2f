package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.cli.FakeDaemon.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code kelvin top} on a real terminal, which script(1) makes, and where there is none. */
@Timeout(60)
class TopTest extends OnFakeDaemon {
  private final AtomicInteger looks = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    daemon.on(
        "GET /metrics",
        call -> {
          int look = looks.getAndIncrement();
          return Reply.text(
              """
              kelvin_vm_up{vm="web1"} 1
              kelvin_vm_cpu_seconds_total{vm="web1"} %d
              kelvin_vm_up{vm="web2"} 1
              kelvin_vm_cpu_seconds_total{vm="web2"} %d
              kelvin_node_cpus 2
              """
                  .formatted(look, look * 2));
        });
  }

  @Test
  void onATerminalItIsDrawnInPlaceSortedAndEndedByKeys() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script(1) is not installed");
    Path screen = directory.resolve("screen");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String command =
        "stty rows 10 cols 80; exec '%s' -XX:+UseSerialGC -cp '%s' dev.kelvin.cli.Main top --interval 1s"
            .formatted(java, System.getProperty("java.class.path"));
    var builder = new ProcessBuilder("script", "-qefc", command, "/dev/null");
    builder.environment().put("KELVIN_HOME", cli.kelvinHome().toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().remove("COLUMNS");
    builder.environment().remove("LINES");
    Process script = builder.redirectOutput(screen.toFile()).redirectErrorStream(true).start();
    try (var keys = script.getOutputStream()) {
      await(screen, "web2");
      assertThat(Files.readString(screen)).contains("\033[?1049h", "By name.");
      keys.write("c".getBytes(StandardCharsets.US_ASCII));
      keys.flush();
      await(screen, "By cpu.");
      keys.write("q".getBytes(StandardCharsets.US_ASCII));
      keys.flush();
      assertThat(script.waitFor(20, TimeUnit.SECONDS)).as("it has ended").isTrue();
      String shown = Files.readString(screen);
      assertThat(script.exitValue()).as(shown).isZero();
      assertThat(shown).endsWith("\033[?25h\033[?1049l").contains("█");
      String last = shown.substring(shown.lastIndexOf("By cpu."));
      assertThat(last).containsSubsequence("web2", "web1");
    } finally {
      script.descendants().forEach(ProcessHandle::destroyForcibly);
      script.destroyForcibly();
    }
  }

  private static void await(Path screen, String words) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!Files.readString(screen).contains(words)) {
      assertThat(System.nanoTime()).as("there is no " + words).isLessThan(end);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  @Test
  void elsewhereItIsOneSortedTable() throws IOException {
    Cli.Result result = cli.run("top", "--interval", "1s", "--sort", "cpu");
    assertThat(result.code()).isZero();
    assertThat(result.out()).containsOnlyOnce("NAME").containsSubsequence("web2", "web1");
    assertThat(result.out()).doesNotContain("\033");
    assertThat(cli.run("top", "--sort", "colour").code()).isEqualTo(2);
  }
}
