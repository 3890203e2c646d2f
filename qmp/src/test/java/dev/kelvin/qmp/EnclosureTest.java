package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Files that go with commands. What a real QEMU does with them is in the tests of the module above.
 */
@Timeout(30)
class EnclosureTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(150);

  @TempDir Path directory;

  private FakePeer talking(FakePeer.Script script) throws IOException {
    return FakePeer.start(
        directory,
        line -> {
          line.greet();
          script.run(line);
          line.drain();
        });
  }

  private static QmpClient connect(FakePeer peer, QmpListener listener) throws Exception {
    return QmpClient.connect(peer.socket(), SOON, listener);
  }

  /** A peer that takes nothing must not get the file of somebody else when it does. */
  @Test
  void aFileThatNobodyWaitsForAnyMoreIsNotSent() throws Exception {
    var withdrawn = new CompletableFuture<Boolean>();
    Enclosure file =
        (channel, bytes) -> {
          if (withdrawn.isDone()) {
            throw new Enclosure.NotSent("closed", new IOException());
          }
          return false;
        };
    var heard = new CompletableFuture<JsonNode>();
    try (var peer =
            talking(line -> {
              var command = line.read();
              heard.complete(command);
              line.succeed(command);
            });
        var client = connect(peer, QmpListener.none())) {
      assertThatThrownBy(() -> client.execute("add-fd", Map.of(), file, SHORT))
          .isInstanceOf(QmpException.TimedOut.class);
      withdrawn.complete(true);
      client.execute("next", Cost.QUICK);
      assertThat(heard.join().path("execute").asString()).isEqualTo("next");
    }
  }

  @Test
  void aFileWaitsUntilTheOneBeforeItHasBeenTaken() throws Exception {
    var sent = new CopyOnWriteArrayList<String>();
    var answer = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var peer =
            talking(line -> {
              var first = line.read();
              sent.add("heard 1");
              answer.await();
              line.succeed(first);
              line.succeed(line.read());
            });
        var client = connect(peer, QmpListener.none())) {
      Callable<JsonNode> give =
          () ->
              client.execute(
                  "add-fd",
                  Map.of(),
                  (channel, bytes) -> {
                    sent.add("sent");
                    channel.write(bytes);
                    return true;
                  },
                  SOON);
      var one = threads.submit(give);
      var two = threads.submit(give);
      assertThatThrownBy(() -> two.get(100, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThatThrownBy(() -> one.get(100, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(sent).containsExactly("sent", "heard 1");
      answer.countDown();
      one.get();
      two.get();
      assertThat(sent).containsExactly("sent", "heard 1", "sent");
    }
  }

  @Test
  void aConnectionThatBreaksWhileAFileIsSentEndsTheCall() throws Exception {
    Enclosure file =
        (channel, bytes) -> {
          throw new IOException("broken");
        };
    try (var peer = talking(line -> {});
        var client = connect(peer, QmpListener.none())) {
      assertThatThrownBy(() -> client.execute("add-fd", Map.of(), file, SOON))
          .isInstanceOf(QmpException.Disconnected.class);
    }
  }

  @Test
  void whatCannotBeSentForAReasonOnThisSideIsToldAtOnceAndBreaksNothing() throws Exception {
    Enclosure file =
        (channel, bytes) -> {
          throw new Enclosure.NotSent("no descriptors left", new IOException());
        };
    try (var peer = talking(line -> line.succeed(line.read()));
        var client = connect(peer, QmpListener.none())) {
      assertThatThrownBy(() -> client.execute("add-fd", Map.of(), file, SOON))
          .isInstanceOf(QmpException.Busy.class)
          .hasMessageContaining("no descriptors left");
      client.execute("next", Cost.QUICK);
      assertThat(client.isOpen()).isTrue();
    }
  }

  /** A connection that takes nothing any more must not look like one that stands. */
  @Test
  void aFaultOfThisProgramEndsTheConnection() throws Exception {
    Enclosure file =
        (channel, bytes) -> {
          throw new IllegalStateException("a fault");
        };
    try (var peer = talking(line -> {});
        var client = connect(peer, QmpListener.none())) {
      assertThatThrownBy(() -> client.execute("add-fd", Map.of(), file, SOON))
          .isInstanceOf(QmpException.Disconnected.class);
      assertThat(client.isOpen()).isFalse();
    }
  }
}
