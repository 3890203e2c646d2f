package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Peers that begin a large message and do not end it, and those that suffer from them. */
@Timeout(60)
class StalledPeersTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final int BUDGET = 8 << 20;

  @TempDir Path directory;

  /** Hears nothing but the end. */
  private static final class End implements Wire.Receiver {
    final CompletableFuture<QmpException> why = new CompletableFuture<>();

    @Override
    public void heard(int bytes) {}

    @Override
    public int limit() {
      return 1 << 20;
    }

    @Override
    public void line(byte[] line, int length) {}

    @Override
    public void ended(@Nullable QmpException end) {
      why.complete(end == null ? new QmpException.Disconnected("closed here", null) : end);
    }
  }

  private static Wire open(Path socket, Budget budget, Duration large) throws Exception {
    return Wire.open(socket, SOON, Dialer.plain(), budget.new Peer(), large);
  }

  /** The reader gives back what a line has taken just after its caller has the answer. */
  private static void allIsGivenBack(Budget budget) {
    long end = System.nanoTime() + SOON.toNanos();
    while (budget.left() < BUDGET && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(budget.left()).isEqualTo(BUDGET);
  }

  @Test
  void whoFallsSilentInALargeMessageIsHungUpOn() throws Exception {
    isHungUpOn(
        Duration.ofMillis(300),
        line -> {
          line.send("x".repeat(200_000));
          line.drain();
        });
  }

  @Test
  void whoSendsALargeMessageDropByDropIsHungUpOnToo() throws Exception {
    isHungUpOn(
        Duration.ofMillis(200),
        line -> {
          line.send("x".repeat(100_000));
          while (true) {
            line.send("x");
            LockSupport.parkNanos(1_000_000); // else it sends more than a message may have
          }
        });
  }

  private void isHungUpOn(Duration large, FakePeer.Script script) throws Exception {
    var budget = new Budget(BUDGET);
    try (var peer = FakePeer.start(directory, script);
        var wire = open(peer.socket(), budget, large)) {
      var end = new End();
      wire.start(end);
      assertThat(end.why.get(10, TimeUnit.SECONDS))
          .isInstanceOf(QmpException.Disconnected.class)
          .hasMessageContaining("had not ended");
      allIsGivenBack(budget);
    }
  }

  @Test
  void manyLargeMessagesThatEndAreNoStall() throws Exception {
    var budget = new Budget(BUDGET);
    var large = Duration.ofSeconds(3); // a sender may stand still for a while on a busy host
    long begin = System.nanoTime();
    var longer = large.plusSeconds(1);
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  while (System.nanoTime() - begin < longer.toNanos()) {
                    line.send("x".repeat(100_000) + "\n");
                  }
                });
        var wire = open(peer.socket(), budget, large)) {
      var end = new End();
      wire.start(end);
      assertThat(end.why.get(20, TimeUnit.SECONDS)).hasMessageContaining("closed the connection");
    }
  }

  @Test
  void aQemuWhoseLargeAnswerFindsNoRoomStaysConnected() throws Exception {
    var budget = new Budget(BUDGET, BUDGET);
    var others = budget.new Peer().share(6 << 20, 0);
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.greet();
                  line.reply(line.read(), "\"" + "x".repeat(900_000) + "\"");
                  line.reply(line.read(), "\"small\"");
                  line.reply(line.read(), "\"" + "x".repeat(900_000) + "\"");
                  line.drain();
                });
        var client =
            QmpClient.connect(peer.socket(), SOON, new Recorder(), Dialer.plain(), budget)) {
      assertThatThrownBy(() -> client.execute("query-block", Cost.QUICK))
          .isInstanceOf(QmpException.Busy.class)
          .hasMessageContaining("query-block");
      assertThat(client.execute("query-status", Cost.QUICK).asString()).isEqualTo("small");
      others.giveBack();
      assertThat(client.execute("query-block", Cost.QUICK).asString()).hasSize(900_000);
      assertThat(client.isOpen()).isTrue();
    }
    allIsGivenBack(budget);
  }

  @Test
  void anHonestAgentAnswersWhileOthersHoldAllThatIsShared() throws Exception {
    var budget = new Budget(BUDGET, BUDGET);
    var crowd = new java.util.ArrayList<Budget.Share>();
    for (int i = 0; i < 16; i++) {
      crowd.add(budget.new Peer().share(BUDGET / 16, 0));
    }
    String host = "{\"host-name\": \"web1\", \"more\": \"" + "x".repeat(6000) + "\"}";
    var large = new CountDownLatch(1);
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.synchronize();
                  line.readBytes();
                  line.send("{\"return\": " + host + "}\n");
                  line.readBytes();
                  large.countDown();
                  line.send("{\"return\": [" + "{\"name\": \"e\"},".repeat(5000) + "0]}\n");
                  line.drain();
                });
        var agent = AgentClient.connect(peer.socket(), SOON, Dialer.plain(), budget)) {
      assertThat(agent.hostName()).isEqualTo("web1");
      assertThatThrownBy(agent::networkInterfaces).isInstanceOf(QmpException.Busy.class);
      assertThat(large.getCount()).isZero();
    }
    crowd.forEach(Budget.Share::giveBack);
    allIsGivenBack(budget);
  }

  /** It was asked for more than an event has; that its caller has gone is not QEMU's fault. */
  @Test
  void aLateAnswerMayBeAsLargeAsOneInTime() throws Exception {
    var goOn = new CountDownLatch(1);
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.greet();
                  var late = line.read();
                  goOn.await();
                  line.reply(late, "\"" + "x".repeat(500_000) + "\"");
                  line.reply(line.read(), "\"next\"");
                  line.drain();
                });
        var client = QmpClient.connect(peer.socket(), SOON, QmpListener.none())) {
      assertThatThrownBy(() -> client.execute("query-blockstats", Map.of(), Duration.ofMillis(150)))
          .isInstanceOf(QmpException.TimedOut.class);
      goOn.countDown();
      // Alone, so that no bounds but those of the late one hold.
      while (client.lateReplies() == 0 && client.isOpen()) {
        Thread.onSpinWait();
      }
      assertThat(client.execute("query-status", Cost.QUICK).asString()).isEqualTo("next");
      assertThat(client.lateReplies()).isEqualTo(1);
    }
  }

  @Test
  void aLargeAnswerThatNobodyAskedForIsAViolation() throws Exception {
    var recorder = new Recorder();
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.greet();
                  line.read();
                  line.send("{\"return\": \"" + "x".repeat(100_000) + "\", \"id\": \"other\"}\n");
                  line.drain();
                });
        var client =
            QmpClient.connect(peer.socket(), SOON, recorder, Dialer.plain(), new Budget(BUDGET))) {
      assertThatThrownBy(() -> client.execute("query-status", Cost.QUICK))
          .isInstanceOf(QmpException.Disconnected.class);
      assertThat(recorder.awaitEnd()).get().isInstanceOf(QmpException.ProtocolViolation.class);
    }
  }

  @Test
  void ofTheLateOnesOnlySoManyAreRemembered() {
    var callers = new Callers<String>();
    for (int i = 0; i <= Callers.MOST_LATE; i++) {
      var caller = callers.add("k" + i, Bounds.ANSWER);
      caller.cancel(false);
      callers.leave("k" + i, true);
    }
    assertThat(callers.take("k0")).isNull();
    assertThat(callers.take("k1")).isNotNull();
    assertThat(callers.take("k1")).isNull();
    callers.add("unsent", Bounds.SCHEMA).cancel(false);
    callers.leave("unsent", false);
    assertThat(callers.largest(Bounds.EVENT)).isEqualTo(Bounds.ANSWER);
  }
}
