package dev.kelvin.machine.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.qmp.AgentClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest's agent that is installed while the guest runs, and one that is slow. */
@Timeout(60)
class LateAgentTest {
  @TempDir Path directory;

  /**
   * A port of a guest: what was written to it before its agent starts waits in it, whoever wrote it
   * and has gone meanwhile; the agent reads all of it and answers each, to whoever is there.
   */
  private static final class Port implements AutoCloseable {
    private final ServerSocketChannel server;
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private final AtomicInteger absent;
    private final AtomicInteger connections = new AtomicInteger();
    private final Duration delay;

    /**
     * Listens.
     *
     * @param absent how many connections come and go before the agent starts
     * @param delay how long the agent takes for each answer
     */
    Port(Path socket, int absent, Duration delay) throws IOException {
      this.absent = new AtomicInteger(absent);
      this.delay = delay;
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual().start(this::serve);
    }

    private void serve() {
      try {
        while (true) {
          try (SocketChannel channel = server.accept()) {
            connections.incrementAndGet();
            talk(channel);
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

    private void talk(SocketChannel channel) throws IOException {
      var buffer = ByteBuffer.allocate(4096);
      while (channel.read(buffer.clear()) >= 0) {
        waiting.write(buffer.array(), 0, buffer.position());
        if (absent.get() > 0) {
          absent.decrementAndGet();
          return;
        }
        byte[] all = waiting.toByteArray();
        waiting.reset();
        int start = 0;
        for (int i = 0; i < all.length; i++) {
          if (all[i] == '\n') {
            answer(channel, new String(all, start, i - start, ISO_8859_1));
            start = i + 1;
          }
        }
        waiting.write(all, start, all.length - start);
      }
    }

    private void answer(SocketChannel channel, String command) throws IOException {
      var said = new StringBuilder();
      if (command.startsWith("\u00ff")) {
        // As the agent's parser takes the byte that begins a synchronization.
        said.append("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n");
      }
      var read =
          Documents.tree(command.substring(Math.max(0, command.indexOf('{'))).getBytes(UTF_8));
      String name = read.path("execute").asString();
      said.append(
          switch (name) {
            case "guest-sync-delimited" ->
                "\u00ff{\"return\": " + read.path("arguments").path("id") + "}\n";
            case "guest-info" -> "{\"return\": {\"version\": \"7.2.22\"}}\n";
            case "guest-get-host-name" -> "{\"return\": {\"host-name\": \"web1\"}}\n";
            case "guest-network-get-interfaces" -> "{\"return\": []}\n";
            case "guest-file-open" ->
                "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such file\"}}\n";
            default -> "{\"return\": {}}\n";
          });
      long until = System.nanoTime() + delay.toNanos();
      while (name.equals("guest-sync-delimited") && System.nanoTime() < until) {
        LockSupport.parkNanos(until - System.nanoTime()); // as a slow guest
      }
      var bytes = ByteBuffer.wrap(said.toString().getBytes(ISO_8859_1));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @Test
  void oneThatAnswersAllThatWasAskedBeforeItStartedIsHonest() throws Exception {
    Path socket = directory.resolve("agent.sock");
    var news = new LinkedBlockingQueue<GuestNews>();
    int before = 20;
    try (var port = new Port(socket, before, Duration.ZERO);
        var watch = new GuestWatch(limit -> AgentClient.connect(socket, limit), "web", news::add)) {
      watch.start();
      while (port.connections.get() < before) {
        watch.wake();
        Thread.onSpinWait();
      }
      long started = System.nanoTime();
      var first = news.poll(20, TimeUnit.SECONDS);
      assertThat(first).isInstanceOf(GuestNews.Told.class);
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(10));
      assertThat(watch.agent().hostName()).isEqualTo("web1");
      assertThat(news).isEmpty();
    }
  }

  /** As in a guest whose CPUs are emulated and have much to do. */
  @Test
  void oneThatIsSlowIsWaitedForLongerAndLonger() throws Exception {
    Path socket = directory.resolve("agent.sock");
    var news = new LinkedBlockingQueue<GuestNews>();
    try (var port = new Port(socket, 0, Duration.ofSeconds(4));
        var watch = new GuestWatch(limit -> AgentClient.connect(socket, limit), "web", news::add)) {
      watch.start();
      assertThat(news.poll(40, TimeUnit.SECONDS)).isInstanceOf(GuestNews.Told.class);
      assertThat(port.connections).hasValueLessThan(5);
    }
  }

  @Test
  void aFaultInWhoHearsItDoesNotEndTheWatch() throws Exception {
    Path socket = directory.resolve("agent.sock");
    var news = new LinkedBlockingQueue<GuestNews>();
    var calls = new AtomicInteger();
    try (var port = new Port(socket, 0, Duration.ZERO);
        var watch =
            new GuestWatch(
                limit -> {
                  if (calls.incrementAndGet() == 1) {
                    throw new IllegalStateException("a fault of the test's");
                  }
                  return AgentClient.connect(socket, limit);
                },
                "web",
                news::add)) {
      watch.start();
      watch.wake();
      assertThat(news.poll(20, TimeUnit.SECONDS)).isInstanceOf(GuestNews.Told.class);
      assertThat(port.connections).hasValue(1);
    }
  }
}
