package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.ProblemException;
import dev.kelvin.qmp.AgentClient;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class GuestWatchTest {
  @TempDir Path directory;

  @Test
  void theRestGrowsWithEachBreachAndHasAnEnd() {
    assertThat(GuestWatch.restAfter(1)).isEqualTo(Duration.ofSeconds(4));
    assertThat(GuestWatch.restAfter(2)).isEqualTo(Duration.ofSeconds(8));
    assertThat(GuestWatch.restAfter(1000)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void anAgentThatBreaksTheRulesIsToldOfOnceAndLeftAlone() throws Exception {
    Path socket = directory.resolve("agent.sock");
    var news = new LinkedBlockingQueue<GuestNews>();
    var connections = new AtomicInteger();
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual().start(() -> flood(server, connections));
      try (var watch =
          new GuestWatch(limit -> AgentClient.connect(socket, limit), "web", news::add)) {
        watch.start();
        misbehaves(news);
        // What a guest does to be asked at once, as by opening its port, does not help it.
        watch.wake();
        assertThatThrownBy(watch::agent)
            .isInstanceOf(ProblemException.class)
            .hasMessageContaining("breaks the rules");
        assertThat(watch.shutdown()).isFalse();
        assertThat(news.poll(2, TimeUnit.SECONDS)).isNull();
        assertThat(connections).hasValue(1);
      }
    }
  }

  private static void misbehaves(BlockingQueue<GuestNews> news) throws InterruptedException {
    assertThat(news.poll(20, TimeUnit.SECONDS)).isInstanceOf(GuestNews.Misbehaves.class);
  }

  /** Sends more than anybody would want, whatever it is asked. */
  private static void flood(ServerSocketChannel server, AtomicInteger connections) {
    try {
      while (true) {
        try (SocketChannel channel = server.accept()) {
          connections.incrementAndGet();
          while (true) {
            channel.write(ByteBuffer.allocate(1 << 20));
          }
        } catch (IOException e) {
          if (!server.isOpen()) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      return; // closed with the test
    }
  }
}
