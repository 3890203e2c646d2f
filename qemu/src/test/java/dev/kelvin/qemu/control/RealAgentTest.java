package dev.kelvin.qemu.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.qemu.testkit.RealAgent;
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

  private RealAgent agent;
  private AgentClient client;

  @BeforeEach
  void start() throws Exception {
    agent = RealAgent.start(directory);
    client = agent.client();
  }

  @AfterEach
  void stop() throws Exception {
    if (agent != null) {
      agent.close();
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
    long pid =
        client.start(
            List.of("sh", "-c", "cat; echo $WORD >&2; exit 7"),
            List.of("WORD=two words", "PATH=/usr/bin:/bin"),
            "from input".getBytes(StandardCharsets.UTF_8));
    var result = awaitEnd(pid);
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(new String(result.out(), StandardCharsets.UTF_8)).isEqualTo("from input");
    assertThat(new String(result.err(), StandardCharsets.UTF_8)).isEqualTo("two words\n");
    assertThat(result.truncated()).isFalse();
  }

  private AgentClient.ExecResult awaitEnd(long pid) throws Exception {
    AgentClient.ExecResult result = null;
    while (result == null) { // the class has a time-out
      result = client.ended(pid);
    }
    return result;
  }

  /** More than the agent itself keeps, which is 16 MiB. */
  @Test
  void ofMuchOutputTheFirstMebibyteIsKept() throws Exception {
    for (int size : List.of(1 << 20, 13_000_000, 20_000_000)) {
      var result =
          client.exec(
              List.of("sh", "-c", "head -c " + size + " /dev/zero | tee /dev/stderr; exit 3"),
              SOON);
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.out()).hasSize(1 << 20);
      assertThat(result.err()).hasSize(1 << 20);
      assertThat(result.truncated()).isEqualTo(size > 1 << 20);
    }
    client.ping(SOON);
  }

  @Test
  void aProgramThatIsKilledHasItsSignal() throws Exception {
    var result = client.exec(List.of("sh", "-c", "kill -9 $$"), SOON);
    assertThat(result.signal()).isEqualTo(9);
  }

  @Test
  void aProgramThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> client.exec(List.of("/no/such/program"), SOON))
        .isInstanceOf(QmpException.CommandFailed.class)
        .hasMessageContaining("/no/such/program");
  }

  @Test
  void aProgramThatRunsTooLongTimesOut() throws Exception {
    assertThatThrownBy(() -> client.exec(List.of("sleep", "3"), Duration.ofMillis(300)))
        .isInstanceOf(QmpException.TimedOut.class);
    client.ping(SOON);
  }

  @Test
  void filesGoThereAndBack() throws Exception {
    byte[] content = new byte[700_001];
    new Random(3).nextBytes(content);
    String path = directory.resolve("file").toString();
    assertThat(client.writeFile(path, "w", new ByteArrayInputStream(content))).isEqualTo(700_001);
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
