package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.cli.run.UserPrograms;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only a process of its own has: signals that end it, and a terminal. */
@Timeout(120)
class ProcessTest extends OnFakeDaemon {
  /** Runs a program in its own place, as "kelvin ssh" does. */
  static final class Becomes {
    private Becomes() {}

    public static void main(String[] words) throws Exception {
      Map<String, String> environment = System.getenv();
      var session =
          new Session(
              environment,
              Path.of(""),
              System.in,
              System.out,
              System.out.charset(),
              System.err,
              new Terminal(environment));
      System.exit(UserPrograms.become(session, List.of(words), "none"));
    }
  }

  /** Uses the terminal. */
  static final class Types {
    private Types() {}

    public static void main(String[] words) throws Exception {
      var terminal = new Terminal(Map.of());
      try (Closeable _ = terminal.raw()) {
        System.out.print("raw ");
      }
      System.out.println(terminal.width() + "x" + terminal.height());
    }
  }

  private static List<String> java(Class<?> program, String... words) {
    String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
    var command =
        new ArrayList<>(
            List.of(java, "-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(words));
    return command;
  }

  private Process start(List<String> command) throws IOException {
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KELVIN_HOME", cli.kelvinHome().toString());
    return builder.start();
  }

  private static void signal(Process process, String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static String rest(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void aSignalEndsTheProgramInOnesPlaceAndItsExitCodeIsTold() throws Exception {
    for (String name : List.of("TERM", "INT", "HUP")) {
      String script = "trap 'exit 9' TERM; echo $$; while :; do sleep 0.1; done";
      Process process = start(java(Becomes.class, "sh", "-c", script));
      long child = Long.parseLong(process.inputReader().readLine());
      signal(process, name);
      assertThat(process.waitFor()).as(name).isEqualTo(9);
      assertThat(ProcessHandle.of(child)).isEmpty();
    }
  }

  @Test
  void anInterruptEndsTheProgramInTheGuest() throws Exception {
    var ended = new CountDownLatch(1);
    var begun = new CountDownLatch(1);
    daemon.takeOver(
        "POST /v1/vms/web1/guest/exec",
        (call, in, out) -> {
          int at = call.head().toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ") + 16;
          int length =
              Integer.parseInt(call.head().substring(at).lines().findFirst().orElseThrow());
          String id = Documents.tree(in.readNBytes(length)).path("id").asString();
          daemon.on(
              "DELETE /v1/vms/web1/guest/exec/" + id,
              delete -> {
                ended.countDown();
                return Reply.empty(204);
              });
          begun.countDown();
          ended.await();
          byte[] body = Documents.json(Problem.of(Code.CANCELLED, "cancelled"));
          out.write(
              "HTTP/1.1 409 x\r\nContent-Length: %d\r\n\r\n"
                  .formatted(body.length)
                  .getBytes(StandardCharsets.US_ASCII));
          out.write(body);
        });
    Process process = start(java(Main.class, "exec", "web1", "--", "sleep", "100"));
    begun.await();
    signal(process, "INT");
    assertThat(process.waitFor()).isEqualTo(130);
    assertThat(ended.await(1, TimeUnit.SECONDS)).isTrue();
    assertThat(rest(process)).contains("Ending the program", "It has been ended");
  }

  /** Neither Ctrl-C nor SIGTERM leaves a part of a file, or takes what was there. */
  @Test
  void aCopyThatIsInterruptedLeavesNothing() throws Exception {
    Path old = cli.file("copies/f", "precious");
    Path copies = directory.resolve("copies");
    for (String name : List.of("INT", "TERM")) {
      var begun = new CountDownLatch(1);
      var over = new CountDownLatch(1);
      daemon.takeOver(
          "GET /v1/vms/web1/guest/files?path=/f",
          (call, in, out) -> {
            out.write(
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
                    .getBytes(StandardCharsets.US_ASCII));
            begun.countDown();
            over.await();
          });
      Process process = start(java(Main.class, "cp", "web1:/f", old.toString()));
      begun.await();
      while (entries(copies).size() < 2) { // the class has a time-out
        Thread.onSpinWait();
      }
      signal(process, name);
      assertThat(process.waitFor()).isGreaterThan(128);
      over.countDown();
      assertThat(entries(copies)).containsExactly("f");
      assertThat(old).hasContent("precious");
    }
  }

  private static List<String> entries(Path where) throws IOException {
    try (Stream<Path> all = Files.list(where)) {
      return all.map(file -> file.getFileName().toString()).toList();
    }
  }

  /** As under setsid, expect and some CI. */
  @Test
  void aTerminalThatControlsNothingIsOneAllTheSame() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/script")), "script(1) is missing");
    String command = "setsid -w '" + String.join("' '", java(Types.class)) + "'";
    Process process = start(List.of("script", "-qec", command, "/dev/null"));
    assertThat(rest(process)).contains("raw ").containsPattern("[0-9]+x[0-9]+");
    assertThat(process.waitFor()).isZero();
  }
}
