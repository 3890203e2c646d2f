package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real QEMU, without a machine. */
@Timeout(60)
class RealQemuTest {
  private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path directory;

  private Process qemu;
  private Path socket;

  @BeforeEach
  void start() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(QEMU), "QEMU is not installed");
    socket = directory.resolve("qmp.sock");
    qemu =
        new ProcessBuilder(
                QEMU.toString(),
                "-machine",
                "none",
                "-nodefaults",
                "-display",
                "none",
                "-S",
                "-qmp",
                "unix:" + socket + ",server=on,wait=off")
            .inheritIO()
            .start();
    awaitListening();
  }

  /** The socket is there a moment before QEMU listens on it. */
  private void awaitListening() throws Exception {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (true) {
      try (var client = QmpClient.connect(socket, SOON, QmpListener.none())) {
        assertThat(client.isOpen()).isTrue();
        return;
      } catch (QmpException.Disconnected e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (qemu != null) {
      qemu.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void talks() throws Exception {
    try (var client = QmpClient.connect(socket, SOON, QmpListener.none())) {
      assertThat(client.version()).matches("\\d+\\.\\d+\\.\\d+");
      assertThat(client.execute("query-status", Cost.QUICK).path("status").asString())
          .isEqualTo("prelaunch");
      // The largest answer there is.
      assertThat(client.execute("query-qmp-schema", Cost.QUICK).size()).isGreaterThan(500);
      assertThatThrownBy(() -> client.execute("no-such-command", Cost.QUICK))
          .isInstanceOfSatisfying(
              QmpException.CommandFailed.class,
              failed -> assertThat(failed.errorClass()).isEqualTo("CommandNotFound"));
    }
  }

  @Test
  void hearsEventsAndTheEnd() throws Exception {
    var recorder = new Recorder();
    try (var client = QmpClient.connect(socket, SOON, recorder)) {
      client.execute("quit", Map.of(), Cost.QUICK);
      assertThat(recorder.next().name()).isEqualTo("SHUTDOWN");
      assertThat(recorder.awaitEnd()).get().isInstanceOf(QmpException.Disconnected.class);
    }
  }

  @Test
  void aStoppedProcessTimesOutAndGoesOn() throws Exception {
    try (var client = QmpClient.connect(socket, SOON, QmpListener.none())) {
      signal("STOP");
      assertThatThrownBy(() -> client.execute("query-status", Map.of(), Duration.ofMillis(300)))
          .isInstanceOf(QmpException.TimedOut.class);
      signal("CONT");
      assertThat(client.execute("query-status", Cost.NORMAL).path("status").asString())
          .isEqualTo("prelaunch");
      assertThat(client.lateReplies()).isEqualTo(1);
    }
  }

  @Test
  void aKilledProcessFailsTheCommandUnderWay() throws Exception {
    var recorder = new Recorder();
    try (var client = QmpClient.connect(socket, SOON, recorder);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      signal("STOP");
      var started = new CompletableFuture<Void>();
      var call =
          threads.submit(() -> {
            started.complete(null);
            return client.execute("query-status", Cost.SLOW);
          });
      started.join();
      qemu.destroyForcibly();
      assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(QmpException.Disconnected.class);
      assertThat(recorder.awaitEnd()).isPresent();
    }
  }

  @Test
  void aSecondClientIsNotServedUntilTheFirstLeaves() throws Exception {
    try (var first = QmpClient.connect(socket, SOON, QmpListener.none())) {
      assertThatThrownBy(
              () -> QmpClient.connect(socket, Duration.ofMillis(300), QmpListener.none()))
          .isInstanceOf(QmpException.TimedOut.class);
      assertThat(first.isOpen()).isTrue();
    }
    try (var second = QmpClient.connect(socket, SOON, QmpListener.none())) {
      assertThat(second.isOpen()).isTrue();
    }
  }

  private void signal(String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(qemu.pid())).start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }
}
