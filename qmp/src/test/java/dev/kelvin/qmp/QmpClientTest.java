package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@Timeout(30)
class QmpClientTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(150);

  @TempDir Path directory;

  /** A QEMU that greets, does what a test wants of it, and stays. */
  private FakePeer talking(FakePeer.Script script) throws IOException {
    return FakePeer.start(
        directory,
        line -> {
          line.greet();
          script.run(line);
          line.drain();
        });
  }

  private QmpClient connect(FakePeer peer, QmpListener listener) throws Exception {
    return QmpClient.connect(peer.socket(), SOON, listener);
  }

  @Test
  void greetsNegotiatesAndTellsTheVersion() throws Exception {
    var negotiation = new CompletableFuture<JsonNode>();
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.send(FakePeer.GREETING);
                  var command = line.read();
                  negotiation.complete(command);
                  line.succeed(command);
                  line.drain();
                });
        var client = connect(peer, QmpListener.none())) {
      assertThat(client.version()).isEqualTo("7.2.22");
      assertThat(client.isOpen()).isTrue();
      assertThat(negotiation.join().path("execute").asString()).isEqualTo("qmp_capabilities");
    }
  }

  @Test
  void readsAMessageThatComesByteByByte() throws Exception {
    String name = "Grüße, 東京 \uD83D\uDE00";
    try (var peer =
            talking(line -> {
              var command = line.read();
              String reply = "{\"return\": {\"name\": \"" + name + "\"}, \"id\": ";
              byte[] bytes =
                  (reply + command.path("id") + "}\r\n").getBytes(StandardCharsets.UTF_8);
              for (byte one : bytes) {
                line.send(new byte[] {one});
              }
            });
        var client = connect(peer, QmpListener.none())) {
      var answer = client.execute("query-name", Cost.QUICK);
      assertThat(answer.path("name").asString()).isEqualTo(name);
    }
  }

  @Test
  void readsSeveralMessagesThatComeAtOnce() throws Exception {
    var recorder = new Recorder();
    try (var peer =
            talking(line -> {
              var command = line.read();
              line.send(
                  "{\"event\": \"STOP\"}\r\n\r\n{\"return\": 1, \"id\": "
                      + command.path("id")
                      + "}\r\n{\"event\": \"RESUME\"}\r\n");
            });
        var client = connect(peer, recorder)) {
      assertThat(client.execute("x", Cost.QUICK).asInt()).isEqualTo(1);
      assertThat(recorder.next().name()).isEqualTo("STOP");
      assertThat(recorder.next().name()).isEqualTo("RESUME");
    }
  }

  @Test
  void anEventHasItsDataAndTime() throws Exception {
    var recorder = new Recorder();
    try (var peer =
            talking(line -> {
              line.event("SHUTDOWN", "{\"guest\": true}");
            });
        var client = connect(peer, recorder)) {
      assertThat(client.isOpen()).isTrue();
      var event = recorder.next();
      assertThat(event.data().path("guest").asBoolean()).isTrue();
      assertThat(event.time()).isEqualTo(Instant.parse("2023-11-14T22:13:20.000005Z"));
    }
  }

  @Test
  void givesEachAnswerToItsCaller() throws Exception {
    try (var peer =
            talking(line -> {
              var commands = new ArrayList<JsonNode>();
              for (int i = 0; i < 20; i++) {
                commands.add(line.read());
              }
              for (var command : commands.reversed()) {
                line.reply(command, command.path("arguments").path("n").toString());
              }
            });
        var client = connect(peer, QmpListener.none());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<Future<JsonNode>>();
      for (int i = 0; i < 20; i++) {
        int n = i;
        answers.add(threads.submit(() -> client.execute("echo", Map.of("n", n), Cost.QUICK)));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(answers.get(i).get().asInt()).isEqualTo(i);
      }
    }
  }

  @Test
  void writesArgumentsWholeWhateverIsInThem() throws Exception {
    String nasty = "a\"b\\c\nd\te\u0000f, {\"x\": 1} ü\uD83D\uDE00";
    try (var peer =
            talking(line -> {
              var command = line.read();
              line.reply(command, command.path("arguments").toString());
            });
        var client = connect(peer, QmpListener.none())) {
      var answer =
          client.execute("echo", Map.of("text", nasty, "list", List.of(1, true, "x")), Cost.QUICK);
      assertThat(answer.path("text").asString()).isEqualTo(nasty);
      assertThat(answer.path("list").size()).isEqualTo(3);
    }
  }

  @Test
  void aRefusalHasItsClassAndWords() throws Exception {
    try (var peer =
            talking(line -> {
              var command = line.read();
              line.send(
                  "{\"id\": "
                      + command.path("id")
                      + ", \"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no x\"}}\r\n");
            });
        var client = connect(peer, QmpListener.none())) {
      assertThatThrownBy(() -> client.execute("device_del", Map.of("id", "x"), Cost.QUICK))
          .isInstanceOfSatisfying(
              QmpException.CommandFailed.class,
              failed -> {
                assertThat(failed.command()).isEqualTo("device_del");
                assertThat(failed.errorClass()).isEqualTo("DeviceNotFound");
                assertThat(failed.description()).isEqualTo("no x");
              });
      assertThat(client.isOpen()).isTrue();
    }
  }

  @Test
  void aHungQemuCostsTheTimeOutAndItsLateAnswerIsDropped() throws Exception {
    var goOn = new CountDownLatch(1);
    try (var peer =
            talking(line -> {
              var first = line.read();
              goOn.await();
              line.reply(first, "\"late\"");
              line.reply(line.read(), "\"in time\"");
            });
        var client = connect(peer, QmpListener.none())) {
      assertThatThrownBy(() -> client.execute("stop", Map.of(), SHORT))
          .isInstanceOfSatisfying(
              QmpException.TimedOut.class, late -> assertThat(late.sent()).isTrue());
      goOn.countDown();
      assertThat(client.execute("cont", Cost.QUICK).asString()).isEqualTo("in time");
      assertThat(client.lateReplies()).isEqualTo(1);
    }
  }

  @Test
  void aQemuThatDiesFailsEveryCallerAndThenTellsTheListener() throws Exception {
    var recorder = new Recorder();
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.greet();
                  line.read();
                  line.read();
                  line.event("SHUTDOWN", "{}");
                  line.send("{\"return\": {\"half a mess");
                });
        var client = connect(peer, recorder);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(() -> client.execute("a", Cost.SLOW));
      var second = threads.submit(() -> client.execute("b", Cost.SLOW));
      for (var call : List.of(first, second)) {
        assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(QmpException.Disconnected.class);
      }
      assertThat(recorder.awaitEnd()).get().isInstanceOf(QmpException.Disconnected.class);
      assertThat(recorder.all()).extracting(QmpEvent::name).containsExactly("SHUTDOWN");
      assertThat(client.isOpen()).isFalse();
      assertThatThrownBy(() -> client.execute("c", Cost.SLOW))
          .isInstanceOf(QmpException.Disconnected.class);
    }
  }

  @Test
  @SuppressWarnings("try") // Closing early is what is tested.
  void aFloodOfEventsDelaysNoAnswerAndPushesOutNoOtherEvent() throws Exception {
    int flood = 20_000;
    var release = new CountDownLatch(1);
    var recorder =
        new Recorder() {
          @Override
          public void event(QmpEvent event) {
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            super.event(event);
          }
        };
    try (var peer =
            talking(line -> {
              line.event("DEVICE_DELETED", "{\"device\": \"disk-a\"}");
              for (int i = 0; i < flood; i++) {
                line.event("RTC_CHANGE", "{\"offset\": " + i + "}");
              }
              line.reply(line.read(), "\"here\"");
            });
        var client = connect(peer, recorder)) {
      assertThat(client.execute("query-status", Cost.QUICK).asString()).isEqualTo("here");
      assertThat(client.droppedEvents()).isGreaterThanOrEqualTo(flood - EventQueue.PER_NAME - 1);
      release.countDown();
      client.close();
      assertThat(recorder.awaitEnd()).isEmpty();
      assertThat(recorder.all()).hasSizeLessThanOrEqualTo(EventQueue.PER_NAME + 2);
      assertThat(recorder.all()).extracting(QmpEvent::name).contains("DEVICE_DELETED");
      assertThat(recorder.all().getLast().data().path("offset").asInt()).isEqualTo(flood - 1);
    }
  }

  /** Whoever listens is not slow here: what is not heard was not read. */
  @Test
  @SuppressWarnings("try") // It is closed early, so that all has been told.
  void ofAFloodOnlySoManyAreHeardAndTheLastOfThem() throws Exception {
    int flood = 20_000;
    var recorder = new Recorder();
    try (var peer =
            talking(line -> {
              for (int i = 0; i < flood; i++) {
                line.event(i % 2 == 0 ? "STOP" : "RESUME", "{\"n\": " + i + "}");
                line.event("DEVICE_TRAY_MOVED", "{\"n\": " + i + "}");
              }
              line.event("SHUTDOWN", "{}");
              line.reply(line.read(), "1");
            });
        var client = connect(peer, recorder)) {
      client.execute("query-status", Cost.SLOW);
      client.close();
      assertThat(recorder.awaitEnd()).isEmpty();
      assertThat(recorder.all()).hasSizeBetween(2 * EventRates.BURST, 3 * EventRates.BURST);
      assertThat(recorder.all()).extracting(QmpEvent::name).contains("SHUTDOWN");
      var runs =
          recorder.all().stream()
              .filter(event -> event.name().equals("STOP") || event.name().equals("RESUME"))
              .map(event -> event.data().path("n").asInt())
              .toList();
      assertThat(runs).isSorted().endsWith(flood - 1);
    }
  }

  @Test
  void aMessageBeyondTheLimitEndsTheConnection() throws Exception {
    var recorder = new Recorder();
    try (var peer =
            talking(line -> {
              line.read();
              byte[] much = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
              line.send("{\"return\": \"");
              for (int i = 0; i <= QmpClient.MAX_MESSAGE >> 20; i++) {
                line.send(much);
              }
            });
        var client = connect(peer, recorder)) {
      assertThatThrownBy(() -> client.execute("x", Cost.NORMAL))
          .isInstanceOf(QmpException.Disconnected.class)
          .hasMessageContaining("exceeds the limit");
      assertThat(recorder.awaitEnd()).get().isInstanceOf(QmpException.ProtocolViolation.class);
    }
  }

  @Test
  void nonsenseEndsTheConnection() throws Exception {
    String deep = "{\"return\": " + "[".repeat(5000) + "]".repeat(5000) + "}";
    for (String nonsense : List.of("not json", "[]", "{}", "{\"return\"", "5", deep)) {
      var recorder = new Recorder();
      try (var peer =
              talking(line -> {
                line.send(nonsense + "\r\n");
              });
          var client = connect(peer, recorder)) {
        assertThat(recorder.awaitEnd())
            .as(nonsense.substring(0, Math.min(20, nonsense.length())))
            .get()
            .isInstanceOf(QmpException.ProtocolViolation.class);
        assertThat(client.isOpen()).isFalse();
      }
    }
  }

  @Test
  void connectingToAPeerThatSaysNothingTimesOut() throws Exception {
    try (var peer = FakePeer.start(directory, FakePeer.Line::drain)) {
      assertThatThrownBy(() -> QmpClient.connect(peer.socket(), SHORT, QmpListener.none()))
          .isInstanceOf(QmpException.TimedOut.class);
    }
  }

  @Test
  void aPeerThatHangsAndTakesNoConnectionIsNotMistakenForOneThatIsGone() throws Exception {
    var address = UnixDomainSocketAddress.of(directory.resolve("full.sock"));
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address, 1);
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> QmpClient.connect(address.getPath(), SHORT, QmpListener.none()))
            .isInstanceOf(QmpException.TimedOut.class);
      }
    }
  }

  @Test
  void connectingWhereNobodyListensFailsAtOnce() {
    assertThatThrownBy(() -> QmpClient.connect(directory.resolve("none"), SOON, QmpListener.none()))
        .isInstanceOf(QmpException.Disconnected.class);
  }

  @Test
  void connectingToAPeerThatHangsUpFails() throws Exception {
    try (var peer = FakePeer.start(directory, line -> line.send(FakePeer.GREETING))) {
      assertThatThrownBy(() -> QmpClient.connect(peer.socket(), SOON, QmpListener.none()))
          .isInstanceOf(QmpException.Disconnected.class);
    }
  }

  @Test
  void aPeerThatStopsReadingBlocksNobodyBeyondTheTimeOut() throws Exception {
    var hold = new CountDownLatch(1);
    try (var peer =
            FakePeer.start(
                directory,
                line -> {
                  line.greet();
                  hold.await();
                });
        var client = connect(peer, QmpListener.none())) {
      var big = Map.of("data", "x".repeat(1 << 20));
      long start = System.nanoTime();
      boolean unsent = false;
      for (int i = 0; i < 4; i++) {
        try {
          client.execute("write", big, SHORT);
        } catch (QmpException.TimedOut e) {
          unsent |= !e.sent();
        }
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
      assertThat(unsent).as("commands that were not sent are taken back").isTrue();
      hold.countDown();
    }
  }

  @Test
  void aListenerMayFailAndMayGiveCommands() throws Exception {
    var asked = new CompletableFuture<JsonNode>();
    try (var peer =
        talking(line -> {
          line.event("STOP", "{}");
          line.event("RESUME", "{}");
          line.reply(line.read(), "\"running\"");
        })) {
      var holder = new CompletableFuture<QmpClient>();
      var listener =
          new Recorder() {
            @Override
            public void event(QmpEvent event) {
              if (event.name().equals("STOP")) {
                throw new IllegalStateException("a listener's fault");
              }
              try {
                asked.complete(holder.join().execute("query-status", Cost.QUICK));
              } catch (QmpException | InterruptedException e) {
                asked.completeExceptionally(e);
              }
            }
          };
      try (var client = connect(peer, listener)) {
        holder.complete(client);
        assertThat(asked.get(10, TimeUnit.SECONDS).asString()).isEqualTo("running");
      }
    }
  }

  @Test
  void anInterruptedCallerLeavesAndTheConnectionStays() throws Exception {
    var read = new CountDownLatch(1);
    try (var peer =
            talking(line -> {
              line.read();
              read.countDown();
              line.reply(line.read(), "2");
            });
        var client = connect(peer, QmpListener.none())) {
      var outcome = new CompletableFuture<Throwable>();
      var caller =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  client.execute("slow", Cost.SLOW);
                } catch (QmpException | InterruptedException e) {
                  outcome.complete(e);
                }
              });
      read.await();
      caller.interrupt();
      assertThat(outcome.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
      assertThat(client.execute("next", Cost.QUICK).asInt()).isEqualTo(2);
    }
  }

  @Test
  @SuppressWarnings("try") // Closing early is what is tested.
  void closingFailsWhoWaitsAndTellsTheListenerThatNothingWentWrong() throws Exception {
    var recorder = new Recorder();
    var read = new CountDownLatch(1);
    try (var peer =
            talking(line -> {
              line.read();
              read.countDown();
            });
        var client = connect(peer, recorder);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var call = threads.submit(() -> client.execute("x", Cost.SLOW));
      read.await();
      client.close();
      assertThatThrownBy(call::get).hasCauseInstanceOf(QmpException.Disconnected.class);
      assertThat(recorder.awaitEnd()).isEmpty();
    }
  }
}
