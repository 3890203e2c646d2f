package dev.kelvin.qmp;

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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** A server that does with each connection what a test's script says, faults included. */
final class FakePeer implements AutoCloseable {
  static final String GREETING =
      "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7},"
          + " \"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n";

  /** What happens on one connection; when it returns, the connection is closed. */
  interface Script {
    void run(Line line) throws Exception;
  }

  /** One connection, from the peer's side. */
  static final class Line {
    private final SocketChannel channel;
    private final ByteBuffer one = ByteBuffer.allocate(1);

    Line(SocketChannel channel) {
      this.channel = channel;
    }

    void send(String text) throws IOException {
      send(text.getBytes(StandardCharsets.UTF_8));
    }

    void send(byte[] bytes) throws IOException {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    /** The next line as bytes. */
    byte[] readBytes() throws IOException {
      var bytes = new ByteArrayOutputStream();
      while (channel.read(one.clear()) > 0) {
        if (one.get(0) == '\n') {
          return bytes.toByteArray();
        }
        bytes.write(one.get(0));
      }
      throw new IOException("the client hung up");
    }

    JsonNode read() throws IOException {
      return Json.MAPPER.readTree(readBytes());
    }

    /** Greets and answers the negotiation. */
    void greet() throws IOException {
      send(GREETING);
      succeed(read());
    }

    /** Answers the synchronization with which one begins to talk with an agent. */
    void synchronize() throws IOException {
      synchronize(readCommand());
    }

    /** The same, of a command that was read. */
    void synchronize(JsonNode command) throws IOException {
      send(new byte[] {(byte) 0xFF}); // as guest-sync-delimited has it
      send("{\"return\": " + command.path("arguments").path("id") + "}\n");
    }

    /** The next command to an agent, before which there may be a sentinel. */
    JsonNode readCommand() throws IOException {
      byte[] bytes = readBytes();
      int start = bytes[0] == (byte) 0xFF ? 1 : 0;
      return Json.MAPPER.readTree(bytes, start, bytes.length - start);
    }

    void succeed(JsonNode command) throws IOException {
      reply(command, "{}");
    }

    void reply(JsonNode command, String value) throws IOException {
      send("{\"return\": " + value + ", \"id\": " + command.path("id") + "}\r\n");
    }

    void event(String name, String data) throws IOException {
      send(
          "{\"timestamp\": {\"seconds\": 1700000000, \"microseconds\": 5}, \"event\": \""
              + name
              + "\", \"data\": "
              + data
              + "}\r\n");
    }

    /** Waits until the client hangs up. */
    void drain() throws IOException {
      var buffer = ByteBuffer.allocate(65536);
      while (channel.read(buffer.clear()) >= 0) {
        // Whatever it still says is of no interest.
      }
    }
  }

  private final ServerSocketChannel server;
  private final Path socket;
  private final AtomicInteger accepted = new AtomicInteger();
  private final List<SocketChannel> connections = new CopyOnWriteArrayList<>();

  private FakePeer(ServerSocketChannel server, Path socket) {
    this.server = server;
    this.socket = socket;
  }

  static FakePeer start(Path directory, Script script) throws IOException {
    Path socket = Files.createTempFile(directory, "peer", ".sock");
    Files.delete(socket);
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    var peer = new FakePeer(server, socket);
    Thread.ofVirtual().start(() -> peer.serve(script));
    return peer;
  }

  private void serve(Script script) {
    try {
      while (true) {
        var channel = server.accept();
        connections.add(channel);
        accepted.incrementAndGet();
        Thread.ofVirtual().start(() -> talk(channel, script));
      }
    } catch (IOException e) {
      // The test is over: close() ends accept() like this.
      return;
    }
  }

  private void talk(SocketChannel channel, Script script) {
    try (channel) {
      script.run(new Line(channel));
    } catch (IOException e) {
      // Clients that hang up are part of many tests; what matters is what they saw.
      connections.remove(channel);
    } catch (Exception e) {
      throw new AssertionError("a script failed", e);
    }
  }

  Path socket() {
    return socket;
  }

  /** How often a client has connected. */
  int connections() {
    return accepted.get();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var connection : connections) {
      connection.close();
    }
  }
}
