package dev.kelvin.qemu.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.qemu.testkit.DebianPackages;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client of the guest agent against the real agent, which runs on the host for once. */
@Timeout(60)
class RealAgentTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path directory;

  private Process agent;
  private AgentClient client;

  @BeforeEach
  void start() throws Exception {
    Path binary = DebianPackages.file("qemu-guest-agent", "usr/sbin/qemu-ga");
    Path socket = directory.resolve("agent.sock");
    agent =
        new ProcessBuilder(
                binary.toString(),
                "-m",
                "unix-listen",
                "-p",
                socket.toString(),
                "-t",
                directory.toString(),
                "-f",
                directory.resolve("agent.pid").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("agent.log").toFile())
            .start();
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!Files.exists(socket) && agent.isAlive() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
    client = AgentClient.connect(socket, SOON);
    awaitAnswer();
  }

  /** The socket is there a moment before the agent listens. */
  private void awaitAnswer() throws Exception {
    for (int attempt = 0; ; attempt++) {
      try {
        client.ping(SOON);
        return;
      } catch (QmpException.Disconnected e) {
        if (attempt == 1000 || !agent.isAlive()) {
          throw new AssertionError(Files.readString(directory.resolve("agent.log")), e);
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (client != null) {
      client.close();
    }
    if (agent != null) {
      agent.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void tellsOfItsHost() throws Exception {
    assertThat(client.info().commands()).contains("guest-exec", "guest-file-open");
    assertThat(client.info().version()).matches("\\d+\\.\\d+\\.\\d+");
    assertThat(client.osInfo().kernelRelease())
        .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
    assertThat(client.hostName()).isNotEmpty();
    assertThat(client.networkInterfaces())
        .anySatisfy(loopback -> {
          assertThat(loopback.name()).isEqualTo("lo");
          assertThat(loopback.addresses()).contains("127.0.0.1/8");
        });
  }

  @Test
  void runsPrograms() throws Exception {
    var result =
        client.exec(
            List.of("sh", "-c", "cat; echo $WORD >&2; exit 7"),
            List.of("WORD=two words", "PATH=/usr/bin:/bin"),
            "from input".getBytes(StandardCharsets.UTF_8),
            SOON);
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(new String(result.out(), StandardCharsets.UTF_8)).isEqualTo("from input");
    assertThat(new String(result.err(), StandardCharsets.UTF_8)).isEqualTo("two words\n");
    assertThat(result.truncated()).isFalse();
  }

  @Test
  void aProgramThatIsKilledHasItsSignal() throws Exception {
    var result = client.exec(List.of("sh", "-c", "kill -9 $$"), List.of(), new byte[0], SOON);
    assertThat(result.signal()).isEqualTo(9);
  }

  @Test
  void aProgramThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> client.exec(List.of("/no/such/program"), List.of(), new byte[0], SOON))
        .isInstanceOf(QmpException.CommandFailed.class)
        .hasMessageContaining("/no/such/program");
  }

  @Test
  void aProgramThatRunsTooLongTimesOut() throws Exception {
    assertThatThrownBy(() ->
            client.exec(List.of("sleep", "3"), List.of(), new byte[0], Duration.ofMillis(300)))
        .isInstanceOf(QmpException.TimedOut.class);
    client.ping(SOON);
  }

  @Test
  void filesGoThereAndBack() throws Exception {
    byte[] content = new byte[700_001];
    new Random(3).nextBytes(content);
    String path = directory.resolve("file").toString();
    assertThat(client.writeFile(path, new ByteArrayInputStream(content))).isEqualTo(700_001);
    assertThat(Files.readAllBytes(Path.of(path))).isEqualTo(content);
    assertThat(client.readFile(path, 1 << 20)).isEqualTo(content);
    assertThatThrownBy(() -> client.readFile(path, 700_000))
        .isInstanceOf(QmpException.CommandFailed.class);
    assertThatThrownBy(() -> client.readFile("/no/such/file", 10))
        .isInstanceOf(QmpException.CommandFailed.class)
        .hasMessageContaining("No such file");
    assertThat(client.readFile("/dev/null", 10)).isEmpty();
  }

  @Test
  void anUnknownCommandIsRefusedAndTheConnectionStays() throws Exception {
    assertThatThrownBy(() -> client.execute("guest-no-such", Map.of(), SOON))
        .isInstanceOfSatisfying(
            QmpException.CommandFailed.class,
            failed -> assertThat(failed.errorClass()).isEqualTo("CommandNotFound"));
    client.ping(SOON);
  }

  @Test
  void aStoppedAgentTimesOutAndItsLateAnswersAreNotMistaken() throws Exception {
    signal("STOP");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () -> client.execute("guest-get-host-name", Map.of(), Duration.ofMillis(100)))
          .isInstanceOf(QmpException.TimedOut.class);
    }
    signal("CONT");
    assertThat(client.osInfo().machine()).isEqualTo("x86_64");
  }

  private void signal(String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(agent.pid())).start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }
}
