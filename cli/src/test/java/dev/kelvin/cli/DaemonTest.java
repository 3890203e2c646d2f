package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Daemons that the command line starts and ends: here small ones, in processes of their own. */
@Timeout(90)
class DaemonTest {
  @TempDir Path directory;
  private Cli cli;

  /** A daemon that tells its pid, and ends when it is asked to. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws Exception {
      Path home = Path.of(System.getenv("KELVIN_HOME"));
      if (arguments.length > 0 && arguments[0].equals("--fail")) {
        System.err.println("the port is taken");
        System.exit(3);
      }
      Files.createDirectories(home);
      Files.writeString(
          home.resolve("locale"),
          System.getenv("LC_ALL") + " " + System.getenv().getOrDefault("KELVIN_LC_ALL", "none"));
      var daemon = new FakeDaemon(home, one -> answers(one, home));
      Thread.currentThread().join();
      daemon.close();
    }

    private static void answers(FakeDaemon daemon, Path home) {
      daemon.on(
          "GET /v1/info",
          Reply.json(
              200,
              Map.of(
                  "version",
                  "1",
                  "node",
                  "n",
                  "pid",
                  ProcessHandle.current().pid(),
                  "home",
                  home.toString(),
                  "socket",
                  "s",
                  "url",
                  "u",
                  "vms",
                  0,
                  "startedAt",
                  "2026-11-21T12:00:00Z")));
      daemon.on(
          "POST /v1/shutdown",
          call -> {
            Files.writeString(home.resolve("ended"), call.body());
            return Reply.empty(202);
          });
      daemon.after("POST /v1/shutdown", () -> Runtime.getRuntime().halt(0));
    }
  }

  @BeforeEach
  void program() throws IOException {
    cli = new Cli(directory);
    String java = "-cp\n" + System.getProperty("java.class.path") + "\n" + Program.class.getName();
    cli.file("dist/daemon.argv", java + "\n");
    cli.file("failing.argv", java + "\n--fail\n");
    cli.with("KELVIN_DIST", directory.resolve("dist").toString());
  }

  @AfterEach
  void end() throws IOException {
    cli.run("down");
  }

  private long pid() throws IOException {
    String json = cli.run("info", "-o", "json").out();
    return Long.parseLong(json.replaceAll("(?s).*\"pid\" : (\\d+).*", "$1"));
  }

  @Test
  void isStartedOnceAndEnded() throws Exception {
    assertThat(cli.run("info").code()).isEqualTo(3);
    Result up = cli.run("up", "--detach");
    assertThat(up.code()).as(up.err()).isZero();
    assertThat(up.out()).startsWith("The daemon runs: pid ");
    assertThat(cli.kelvinHome().resolve("locale")).hasContent("C.UTF-8 none");
    long pid = pid();
    assertThat(cli.run("up", "--detach").out()).startsWith("The daemon runs already: pid " + pid);
    assertThat(cli.run("up").code()).isEqualTo(5);
    String[] stat = Files.readString(Path.of("/proc/" + pid + "/stat")).split(" ", -1);
    assertThat(stat[5]).as("its session is its own").isEqualTo(String.valueOf(pid));
    ProcessHandle daemon = ProcessHandle.of(pid).orElseThrow();
    Result down = cli.run("down", "--stop-vms");
    assertThat(down.out()).isEqualTo("The daemon has ended.\n");
    assertThat(cli.kelvinHome().resolve("ended")).hasContent("{\"stopVms\":true}");
    Path commandLine = Path.of("/proc/" + pid + "/cmdline");
    assertThat(Files.exists(commandLine) ? Files.readString(commandLine) : "")
        .as("what is left of it waits for its parent at most")
        .isEmpty();
    daemon.onExit().get();
    assertThat(cli.run("down").err()).isEqualTo("No daemon runs.\n");
  }

  @Test
  void shutsDownVmsThatAnEndedDaemonHasLeft() throws Exception {
    Files.createDirectories(cli.kelvinHome().resolve("run/vms"));
    assertThat(cli.run("down", "--stop-vms").err()).isEqualTo("No daemon runs.\n");
    Files.createDirectory(cli.kelvinHome().resolve("run/vms/0f3a9c51d2e84b7760aa"));
    assertThat(cli.run("down").err()).isEqualTo("No daemon runs.\n");
    Result down = cli.run("down", "--stop-vms");
    assertThat(down.out()).as(down.err()).isEqualTo("The daemon has ended.\n");
    assertThat(cli.kelvinHome().resolve("ended")).hasContent("{\"stopVms\":true}");
  }

  @Test
  void saysWhyOneCannotBeStarted() throws IOException {
    Files.createDirectories(cli.kelvinHome().resolve("var"));
    Files.writeString(cli.kelvinHome().resolve("var/daemon.log"), "old words\n");
    cli.with("KELVIN_DAEMON_COMMAND", directory.resolve("failing.argv").toString());
    Result result = cli.run("up", "--detach");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err())
        .contains("exit code 3", "the port is taken", "daemon.log")
        .doesNotContain("old words");
    cli.with("KELVIN_DAEMON_COMMAND", directory.resolve("absent").toString());
    assertThat(cli.run("up", "--detach").err()).contains("./dev build");
    cli.with("KELVIN_DAEMON_COMMAND", "").with("KELVIN_DIST", "");
    assertThat(cli.run("up", "--detach").err()).contains("KELVIN_DIST");
    cli.with("KELVIN_HOME", "");
    cli.with("KELVIN_URL", "https://127.0.0.1:1").with("KELVIN_TOKEN", "t");
    assertThat(cli.run("up", "--detach").err()).contains("cannot be started from here");
    Result both = cli.with("KELVIN_HOME", cli.kelvinHome().toString()).run("ls");
    assertThat(both.code()).isEqualTo(2);
    assertThat(both.err()).contains("KELVIN_URL and KELVIN_HOME are both set", "unset");
    cli.with("KELVIN_URL", "");
  }
}
