package dev.kelvin.it.fuzz;

import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpClient;
import dev.kelvin.qmp.QmpException;
import dev.kelvin.qmp.QmpListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The wires of QMP (even first byte) and of the guest agent (odd): a peer that answers with the
 * rest of the input, in which {@code @ID@} stands for the id that was asked with, and hangs up.
 * Whatever it sends, the caller gets an answer or a QmpException, and no thread dies of it.
 */
public final class WireTarget {
  private static final Pattern ID = Pattern.compile("\"id\" ?: ?(\"[^\"]*\"|-?\\d+)");
  private static final AtomicReference<@Nullable Throwable> DIED = new AtomicReference<>();

  private WireTarget() {}

  public static void fuzzerInitialize() {
    Thread.setDefaultUncaughtExceptionHandler((thread, cause) -> DIED.compareAndSet(null, cause));
  }

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (input.length == 0) {
      return;
    }
    boolean agent = (input[0] & 1) != 0;
    Path directory = Files.createTempDirectory("kf");
    Path socket = directory.resolve("s");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread peer = Thread.ofVirtual().start(() -> answer(server, agent, input));
      if (agent) {
        askAgent(socket);
      } else {
        askQemu(socket);
      }
      peer.interrupt(); // it may wait for a client that never came
      peer.join();
    } finally {
      Files.deleteIfExists(socket);
      Files.delete(directory);
    }
    Throwable died = DIED.getAndSet(null);
    if (died != null) {
      throw new AssertionError("a thread died", died);
    }
  }

  private static void askQemu(Path socket) throws InterruptedException {
    try (var client = QmpClient.connect(socket, Duration.ofSeconds(2), QmpListener.none())) {
      client.execute("query-status", Cost.QUICK);
    } catch (QmpException e) {
      named(e);
    }
  }

  private static void askAgent(Path socket) throws InterruptedException {
    try (var client = AgentClient.connect(socket, Duration.ofMillis(300))) {
      client.info();
    } catch (QmpException e) {
      named(e);
    }
  }

  private static void named(QmpException e) {
    if (e.getMessage() == null || e.getMessage().isBlank()) {
      throw new AssertionError("a failure that says nothing", e);
    }
  }

  private static void answer(ServerSocketChannel server, boolean agent, byte[] input) {
    try (SocketChannel peer = server.accept()) {
      if (!agent) {
        send(peer, "{\"QMP\":{\"version\":{},\"capabilities\":[]}}\n");
        send(peer, "{\"return\":{},\"id\":" + id(peer) + "}\n");
      }
      String text = new String(input, 1, input.length - 1, StandardCharsets.ISO_8859_1);
      send(peer, (agent ? "\u00ff" : "") + text.replace("@ID@", id(peer)) + "\n");
    } catch (IOException e) {
      // The client has hung up first.
    }
  }

  private static void send(SocketChannel peer, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      peer.write(bytes);
    }
  }

  /** Reads a request, and returns its id as it is written. */
  private static String id(SocketChannel peer) throws IOException {
    var line = new ByteArrayOutputStream();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (peer.read(one) > 0 && one.get(0) != '\n') {
      line.write(one.get(0));
      one.clear();
    }
    Matcher id = ID.matcher(line.toString(StandardCharsets.UTF_8));
    return id.find() ? id.group(1) : "0";
  }
}
