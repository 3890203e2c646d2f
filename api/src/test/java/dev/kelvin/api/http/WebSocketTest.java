package dev.kelvin.api.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.api.ScriptedServer;
import dev.kelvin.api.ScriptedServer.Peer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class WebSocketTest {
  @TempDir Path directory;
  private ScriptedServer server;
  private UnixTransport transport;

  @BeforeEach
  void start() throws IOException {
    server = new ScriptedServer(directory);
    transport = new UnixTransport(server.socket());
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    assertThat(server.failures).isEmpty();
  }

  static void handshake(Peer peer) throws IOException {
    String head = peer.head();
    assertThat(head)
        .startsWith("GET /v1/consoles/t1 HTTP/1.1\r\n")
        .contains("\r\nUpgrade: websocket\r\n", "\r\nSec-WebSocket-Version: 13\r\n");
    int start = head.indexOf("Sec-WebSocket-Key: ") + 19;
    String key = head.substring(start, head.indexOf("\r\n", start));
    peer.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + WebSocketFrames.accept(key)
            + "\r\n\r\n");
  }

  static byte[] frame(int first, byte[] payload) {
    var frame = ByteBuffer.allocate(payload.length + 10).put((byte) first);
    if (payload.length < 126) {
      frame.put((byte) payload.length);
    } else if (payload.length < 65536) {
      frame.put((byte) 126).putShort((short) payload.length);
    } else {
      frame.put((byte) 127).putLong(payload.length);
    }
    frame.put(payload).flip();
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    return bytes;
  }

  /** A frame of the client, unmasked: its first byte and its payload. */
  static String received(Peer peer) throws IOException {
    int first = peer.in().read();
    int second = peer.in().read();
    assertThat(second & 0x80).as("mask bit").isEqualTo(0x80);
    int length = second & 0x7f;
    if (length == 126) {
      length = peer.in().read() << 8 | peer.in().read();
    } else if (length == 127) {
      length = (int) ByteBuffer.wrap(peer.in().readNBytes(8)).getLong();
    }
    byte[] mask = peer.in().readNBytes(4);
    byte[] payload = peer.in().readNBytes(length);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return Integer.toHexString(first) + " " + new String(payload, UTF_8);
  }

  @Test
  void theHandshakeIsThatOfTheStandard() {
    // The example of RFC 6455, section 1.3.
    assertThat(WebSocketFrames.accept("dGhlIHNhbXBsZSBub25jZQ=="))
        .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 125, 126, 65535, 65536, 300_000})
  void messagesOfEverySizeGoBothWays(int size) throws IOException {
    String text = "k".repeat(size);
    server.then(peer -> {
      handshake(peer);
      String got = received(peer);
      assertThat(got).isEqualTo("82 " + text);
      peer.out().write(frame(0x82, text.getBytes(UTF_8)));
      peer.out().write(frame(0x88, new byte[] {3, (byte) 0xe8, 'e', 'n', 'd'}));
      assertThat(received(peer)).startsWith("88 ");
    });
    try (MessageSocket socket = transport.upgrade("/v1/consoles/t1")) {
      socket.send(text.getBytes(UTF_8));
      assertThat(socket.receive()).hasSize(size);
      assertThat(socket.receive()).isNull();
      assertThat(socket.closeReason()).isEqualTo("end");
    }
  }

  @Test
  void fragmentsAreJoinedAndPingsAnsweredAmongThem() throws IOException {
    server.then(peer -> {
      handshake(peer);
      peer.out().write(frame(0x02, "one ".getBytes(UTF_8)));
      peer.out().write(frame(0x89, "are you there".getBytes(UTF_8)));
      peer.out().write(frame(0x00, "two ".getBytes(UTF_8)));
      peer.out().write(frame(0x8a, new byte[0]));
      peer.out().write(frame(0x80, "three".getBytes(UTF_8)));
      assertThat(received(peer)).isEqualTo("8a are you there");
    });
    try (MessageSocket socket = transport.upgrade("/v1/consoles/t1")) {
      assertThat(socket.receive()).asString(UTF_8).isEqualTo("one two three");
      assertThat(socket.receive()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00c2\u0001a", // an extension bit
        "\u0082\u0081abcd.", // masked by a server
        "\u0080\u0001a", // goes on with nothing
        "\u0002\u0001a\u0082\u0001b", // begins within another
        "\u0083\u0001a", // an unknown opcode
        "\u0089~\u0000~", // a ping that is too long
        "\u0082\u007f\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u0000", // 4 GiB
        "\u0082\u007f\u0080\u0000\u0000\u0000\u0000\u0000\u0000\u0000" // negative
      })
  void refusesWhatTheStandardForbids(String frames) throws IOException {
    server.then(peer -> {
      handshake(peer);
      peer.out().write(frames.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
      peer.in().readAllBytes();
    });
    try (MessageSocket socket = transport.upgrade("/v1/consoles/t1")) {
      assertThatThrownBy(socket::receive).isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void tellsAFrameThatIsCutOff() throws IOException {
    server.then(peer -> {
      handshake(peer);
      peer.out().write(new byte[] {(byte) 0x82, 5, 'a'});
    });
    MessageSocket socket = transport.upgrade("/v1/consoles/t1");
    assertThatThrownBy(socket::receive).isInstanceOf(EOFException.class);
  }

  @Test
  void closingEndsTheWaitOfWhoeverReceives() throws Exception {
    server.then(peer -> {
      handshake(peer);
      assertThat(received(peer)).startsWith("88 ");
    });
    MessageSocket socket = transport.upgrade("/v1/consoles/t1");
    var ended = new CompletableFuture<Throwable>();
    Thread receiver =
        Thread.ofVirtual()
            .start(() -> {
              try {
                // The end is seen as the peer's, or as that of this side: whichever comes first.
                Object message = socket.receive();
                ended.complete(
                    message == null
                        ? new EOFException()
                        : new AssertionError("a message that nobody sent: " + message));
              } catch (IOException | RuntimeException e) {
                ended.complete(e);
              }
            });
    while (receiver.getState() == Thread.State.NEW
        || receiver.getState() == Thread.State.RUNNABLE) {
      Thread.onSpinWait();
    }
    socket.close();
    assertThat(ended.get()).isInstanceOf(IOException.class);
  }

  @Test
  void aRefusalKeepsItsProblem() {
    server.then(peer -> {
      peer.head();
      peer.json(401, "{\"code\":\"unauthenticated\"}");
    });
    assertThatThrownBy(() -> transport.upgrade("/v1/consoles/t1"))
        .isInstanceOfSatisfying(
            Transport.UpgradeRefused.class,
            refused -> {
              assertThat(refused.status()).isEqualTo(401);
              assertThat(refused.body()).asString(UTF_8).contains("unauthenticated");
            });
  }

  @Test
  void refusesAHandshakeThatIsNotForThisKey() {
    server.then(peer -> {
      peer.head();
      peer.send("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: bm90IHRoaXM=\r\n\r\n");
    });
    assertThatThrownBy(() -> transport.upgrade("/v1/consoles/t1"))
        .isInstanceOf(ProtocolException.class);
  }
}
