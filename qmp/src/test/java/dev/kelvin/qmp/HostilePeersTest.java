package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guests' agents and taken-over QEMUs that send what is meant to fill the memory of their reader.
 */
@Timeout(60)
class HostilePeersTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path directory;

  /** What comes in place of an answer. */
  enum Attack {
    /** 16 MB of empty lists: five million nodes, if a tree were built of them. */
    MANY_NODES("{\"return\":[", "[],", 16 << 20, "0]}\n"),
    MANY_NAMES("{\"return\":{", "\"a\":{},", 16 << 20, "\"b\":0}}\n"),
    SHORT_AND_MANY_NODES("{\"return\":[", "[],", 60 << 10, "0]}\n"),
    DEEP("{\"return\":", "[", 30_000, "\n"),
    ENDLESS("{\"return\":\"", "x", 64 << 20, ""),
    LINES("", "{\"unasked\":0}\n", 64 << 20, ""),
    EMPTY_LINES("", "\n", 64 << 20, ""),
    SENTINELS("", "\u00ff", 64 << 20, ""),
    LONG_NUMBER("{\"return\":", "9", 60_000, "}\n");

    private final String begin;
    private final String part;
    private final int bytes;
    private final String end;

    Attack(String begin, String part, int bytes, String end) {
      this.begin = begin;
      this.part = part;
      this.bytes = bytes;
      this.end = end;
    }

    void send(FakePeer.Line line) throws IOException {
      byte[] piece = part.repeat(65_536 / part.length()).getBytes(StandardCharsets.ISO_8859_1);
      line.send(begin);
      for (int sent = 0; sent < bytes; sent += piece.length) {
        int length =
            Math.min(piece.length, Math.max(1, (bytes - sent) / part.length()) * part.length());
        line.send(java.util.Arrays.copyOf(piece, length));
      }
      line.send(end);
    }
  }

  private FakePeer agent(Attack attack) throws IOException {
    return FakePeer.start(
        directory,
        line -> {
          line.synchronize();
          line.readBytes();
          attack.send(line);
          line.drain();
        });
  }

  @ParameterizedTest
  @EnumSource(Attack.class)
  void anAgentThatBreaksTheRulesIsHungUpOn(Attack attack) throws Exception {
    var budget = new Budget(8 << 20);
    try (var peer = agent(attack);
        var agent = AgentClient.connect(peer.socket(), SOON, Dialer.plain(), budget)) {
      assertThatThrownBy(() -> agent.ping(SOON)).isInstanceOf(QmpException.ProtocolViolation.class);
    }
    assertThat(budget.left()).isEqualTo(8 << 20);
  }

  @ParameterizedTest
  @EnumSource(
      value = Attack.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = "SHORT_AND_MANY_NODES") // QEMU may tell as much
  void aQemuThatBreaksTheRulesIsHungUpOn(Attack attack) throws Exception {
    var budget = new Budget(8 << 20);
    var recorder = new Recorder();
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.greet();
                  line.read();
                  attack.send(line);
                  line.drain();
                });
        var client = QmpClient.connect(peer.socket(), SOON, recorder, Dialer.plain(), budget)) {
      assertThatThrownBy(() -> client.execute("query-status", Map.of(), SOON))
          .isInstanceOf(QmpException.Disconnected.class);
      assertThat(recorder.awaitEnd()).get().isInstanceOf(QmpException.ProtocolViolation.class);
    }
    assertThat(budget.left()).isEqualTo(8 << 20);
  }

  /** Each is short and well formed, and costs the daemon more than it costs QEMU. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"return\": {}, \"id\": \"x\"}",
        "{\"QMP\": {}}",
        "{\"event\":\"A\"}",
        "{\"event\": \"A\", \"timestamp\": {}}"
      })
  void aQemuThatSendsWithoutEndWhatNobodyAskedIsHungUpOn(String message) throws Exception {
    var recorder = new Recorder();
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.greet();
                  line.send((message + "\n").repeat(10_000));
                  line.drain();
                });
        var client = QmpClient.connect(peer.socket(), SOON, recorder)) {
      assertThat(recorder.awaitEnd()).get().isInstanceOf(QmpException.ProtocolViolation.class);
      assertThat(client.isOpen()).isFalse();
    }
  }

  @Test
  void anAgentThatFloodsWhileNobodyAsksIsSeenAtTheNextCall() throws Exception {
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.synchronize();
                  line.readBytes();
                  line.send("{\"return\": {}}\n");
                  Attack.LINES.send(line);
                });
        var agent = AgentClient.connect(peer.socket(), SOON)) {
      agent.ping(SOON);
      long end = System.nanoTime() + SOON.toNanos();
      assertThatThrownBy(
              () -> {
                while (System.nanoTime() < end) {
                  agent.ping(SOON);
                }
              })
          .isInstanceOf(QmpException.ProtocolViolation.class);
    }
  }

  /**
   * A hundred guests attack at once; their reader has less memory than the daemon, and one of them
   * alone could fill it if it built what is sent.
   */
  @ParameterizedTest
  @EnumSource(
      value = Attack.class,
      names = {"MANY_NODES", "SHORT_AND_MANY_NODES", "ENDLESS"})
  void aHundredAtOnceStayWithinABoundedMemory(Attack attack) throws Exception {
    var peers = new ArrayList<FakePeer>();
    try {
      var command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx64m",
                  "-XX:+UseSerialGC",
                  "-XX:+ExitOnOutOfMemoryError",
                  "-cp",
                  System.getProperty("java.class.path"),
                  HostileCrowd.class.getName()));
      for (int i = 0; i < 100; i++) {
        peers.add(agent(attack));
        command.add(peers.getLast().socket().toString());
      }
      Path output = directory.resolve("output");
      Process reader =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try {
        assertThat(reader.waitFor(50, TimeUnit.SECONDS)).isTrue();
      } finally {
        reader.destroyForcibly();
      }
      assertThat(Files.readString(output))
          .contains("ended 100", "left of the budget " + (24 << 20));
      assertThat(reader.exitValue()).isZero();
    } finally {
      for (FakePeer peer : peers) {
        peer.close();
      }
    }
  }
}
