package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Actions.ConsoleLink;
import dev.kelvin.server.action.Actions.ConsoleSink;
import dev.kelvin.server.action.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Consoles, with the client that the command line uses and with raw frames. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConsoleTest {
  private static final String TICKET = "Zm9vYmFy";

  /** A guest that says back what it hears. */
  private static class Echo implements ConsoleLink {
    final ConsoleSink sink;
    final List<byte[]> heard = new CopyOnWriteArrayList<>();
    volatile boolean virtual;
    volatile boolean closed;

    Echo(ConsoleSink sink) {
      this.sink = sink;
    }

    @Override
    public void send(byte[] toGuest) {
      virtual = Thread.currentThread().isVirtual();
      heard.add(toGuest);
      sink.data(toGuest);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private final List<Echo> guests = new CopyOnWriteArrayList<>();
  private TestServer server;

  @BeforeAll
  void start(@TempDir Path directory) {
    var settings = TestServer.settings(directory, Set.of(TestServer.ownUid()));
    server = TestServer.start(settings, Duration.ofMillis(200));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @BeforeEach
  void script() {
    guests.clear();
    server.actions.script =
        what -> new Outcome.Ticket(TICKET, "/v1/consoles/" + TICKET, Duration.ofSeconds(30));
    server.actions.console =
        (ticket, sink) -> {
          assertThat(ticket).isEqualTo(TICKET);
          var echo = new Echo(sink);
          guests.add(echo);
          sink.data("login: ".getBytes(StandardCharsets.UTF_8));
          return echo;
        };
  }

  private Client client(String way) {
    return new Client(
        way.equals("unix")
            ? new Endpoint.Local(server.socket())
            : new Endpoint.Remote(
                URI.create(server.server.url()), server.token(), server.server.fingerprint()));
  }

  private static byte[] read(MessageSocket socket, int length) throws IOException {
    var all = new ByteArrayOutputStream();
    while (all.size() < length) {
      all.writeBytes(Objects.requireNonNull(socket.receive(), socket.closeReason()));
    }
    return all.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix", "tls"})
  void bytesGoBothWays(String way) throws Exception {
    try (var client = client(way);
        var socket = client.console("web1", Client.Console.SERIAL)) {
      assertThat(read(socket, 7)).isEqualTo("login: ".getBytes(StandardCharsets.UTF_8));
      socket.send(new byte[] {1, 2, 3});
      assertThat(read(socket, 3)).containsExactly(1, 2, 3);
      byte[] large = new byte[1 << 20];
      new Random(7).nextBytes(large);
      for (int i = 0; i < 3; i++) {
        socket.send(large);
        assertThat(read(socket, large.length)).isEqualTo(large);
      }
      assertThat(guests.getFirst().virtual).isTrue();
    }
    TestServer.await("the guest's end is let go of", () -> guests.getFirst().closed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix", "tls"})
  void theGuestsEndSaysWhyItCloses(String way) throws Exception {
    try (var client = client(way);
        var socket = client.console("web1", Client.Console.VNC)) {
      read(socket, 7);
      guests.getFirst().sink.data("bye".getBytes(StandardCharsets.UTF_8));
      guests.getFirst().sink.closed("the VM has ended");
      assertThat(read(socket, 3)).isEqualTo("bye".getBytes(StandardCharsets.UTF_8));
      assertThat(socket.receive()).isNull();
      assertThat(socket.closeReason()).isEqualTo("the VM has ended");
    }
    TestServer.await("the guest's end is let go of", () -> guests.getFirst().closed);
  }

  @Test
  void aBadTicketIsAProblem() {
    server.actions.console = new ScriptedActions().console;
    for (String way : List.of("unix", "tls")) {
      try (var client = client(way)) {
        assertThatThrownBy(() -> client.console("web1", Client.Console.SERIAL))
            .isInstanceOf(ProblemException.class)
            .hasMessageStartingWith("unauthenticated");
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void whatIsNoWebSocketKeepsItsTicket() {
    var answer = server.call("GET", "/v1/consoles/" + TICKET);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(Documents.tree(answer.body()).path("detail").asString()).contains("WebSocket");
    assertThat(guests).isEmpty();
    answer =
        server.call(
            "GET",
            "/v1/consoles/" + TICKET,
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 8",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(guests).isEmpty();
  }

  /** A WebSocket by hand. */
  private UnixClient upgrade() throws IOException {
    var client = UnixClient.connect(server.socket());
    client.request(
        "GET",
        "/v1/consoles/" + TICKET,
        null,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
    assertThat(client.head()).isEqualTo(101);
    client.headers();
    return client;
  }

  private record Frame(int opcode, String text) {}

  private static Frame frame(UnixClient client) throws IOException {
    var in = new DataInputStream(client.in());
    int opcode = in.readUnsignedByte() & 15;
    int length = in.readUnsignedByte();
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = (int) in.readLong();
    }
    return new Frame(opcode, new String(in.readNBytes(length), StandardCharsets.ISO_8859_1));
  }

  /** A frame of a client, whose mask is zero. */
  private static byte[] masked(int opcode, String text) {
    byte[] payload = text.getBytes(StandardCharsets.UTF_8);
    byte[] frame = new byte[6 + payload.length];
    frame[0] = (byte) (0x80 | opcode);
    frame[1] = (byte) (0x80 | payload.length);
    System.arraycopy(payload, 0, frame, 6, payload.length);
    return frame;
  }

  @Test
  void pingsShowThatAnIdleConsoleIsAlive() throws Exception {
    try (var client = upgrade()) {
      assertThat(frame(client)).isEqualTo(new Frame(2, "login: "));
      assertThat(frame(client).opcode()).isEqualTo(9);
      client.send(masked(10, ""));
      assertThat(frame(client).opcode()).isEqualTo(9);
    }
    // A client that is gone without a word is found out too.
    TestServer.await("the guest's end is let go of", () -> guests.getFirst().closed);
  }

  @Test
  void textIsRefused() throws Exception {
    try (var client = upgrade()) {
      frame(client);
      client.send(masked(1, "hello"));
      Frame frame = frame(client);
      while (frame.opcode() == 9) {
        frame = frame(client);
      }
      assertThat(frame.opcode()).isEqualTo(8);
      assertThat(frame.text()).endsWith("a console takes binary frames only");
    }
    assertThat(guests.getFirst().heard).isEmpty();
  }

  @Test
  void aSlowClientIsDroppedAndTheGuestNeverWaits() throws Exception {
    try (var client = upgrade()) {
      byte[] chunk = new byte[1 << 20];
      Echo guest = guests.getFirst();
      long before = System.nanoTime();
      for (int i = 0; i < 40; i++) {
        guest.sink.data(chunk);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
      Frame frame = frame(client);
      while (frame.opcode() != 8) {
        frame = frame(client);
      }
      assertThat(frame.text()).endsWith("the client reads too slowly");
      TestServer.await("the guest's end is let go of", () -> guest.closed);
    }
  }

  @Test
  void whatTheClientSendsWaitsForTheGuest() throws Exception {
    var allowed = new Semaphore(0);
    server.actions.console =
        (ticket, sink) -> {
          var echo =
              new Echo(sink) {
                @Override
                public void send(byte[] toGuest) {
                  allowed.acquireUninterruptibly();
                  super.send(toGuest);
                }
              };
          guests.add(echo);
          return echo;
        };
    try (var client = upgrade()) {
      for (int i = 0; i < 3; i++) {
        client.send(masked(2, "x" + i));
      }
      assertThat(guests.getFirst().heard).isEmpty();
      allowed.release(3);
      var back = new StringBuilder();
      while (back.length() < 6) {
        Frame frame = frame(client);
        back.append(frame.opcode() == 2 ? frame.text() : "");
      }
      assertThat(back.toString()).isEqualTo("x0x1x2");
      assertThat(guests.getFirst().heard.stream().map(Arrays::toString)).hasSize(3);
    }
  }

  @Test
  void theEndOfTheDaemonEndsConsoles(@TempDir Path directory) throws Exception {
    try (var second = TestServer.start(directory)) {
      second.actions.console = server.actions.console;
      var client = UnixClient.connect(second.socket());
      client.request(
          "GET",
          "/v1/consoles/" + TICKET,
          null,
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
      client.head();
      client.headers();
      frame(client);
      second.server.close();
      assertThat(frame(client).text()).endsWith("the daemon ends");
      TestServer.await("the guest's end is let go of", () -> guests.getFirst().closed);
      client.close();
    }
  }
}
