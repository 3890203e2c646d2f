package dev.kelvin.machine.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kelvin.codec.Documents;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;

/** A guest's agent that answers as a test says. */
final class ScriptedAgent implements AutoCloseable {
  static final String REFUSED =
      "{\"error\": {\"class\": \"GenericError\", \"desc\": \"it is not done\"}}";

  private final ServerSocketChannel server;
  private final BiFunction<String, JsonNode, String> answers;
  private final List<String> asked = new CopyOnWriteArrayList<>();

  /**
   * Listens.
   *
   * @param answers from a command and its arguments to what is returned, or {@link #REFUSED}
   */
  ScriptedAgent(Path socket, BiFunction<String, JsonNode, String> answers) throws IOException {
    this.answers = answers;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::serve);
  }

  /** Each command with its arguments, as it came. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  private void serve() {
    try {
      while (true) {
        try (SocketChannel channel = server.accept()) {
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
    var line = new ByteArrayOutputStream();
    var one = ByteBuffer.allocate(1);
    while (channel.read(one.clear()) > 0) {
      byte next = one.get(0);
      if (next != '\n') {
        line.write(next);
        continue;
      }
      String text = line.toString(ISO_8859_1);
      line.reset();
      JsonNode command =
          Documents.tree(text.substring(Math.max(0, text.indexOf('{'))).getBytes(ISO_8859_1));
      String name = command.path("execute").asString();
      String answer;
      if (name.equals("guest-sync-delimited")) {
        answer = "\u00ff{\"return\": " + command.path("arguments").path("id") + "}";
      } else {
        asked.add(name + " " + command.path("arguments"));
        String value = answers.apply(name, command.path("arguments"));
        answer = value.equals(REFUSED) ? REFUSED : "{\"return\": " + value + "}";
      }
      var bytes =
          ByteBuffer.wrap(
              (answer + "\n").getBytes(answer.startsWith("\u00ff") ? ISO_8859_1 : UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
