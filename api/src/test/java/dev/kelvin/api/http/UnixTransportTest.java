package dev.kelvin.api.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.api.ScriptedServer;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class UnixTransportTest {
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

  private String fetch() throws IOException {
    try (Answer answer = transport.send(Request.of("GET", "/v1/vms?limit=5"))) {
      return answer.status() + " " + new String(answer.bytes(), UTF_8);
    }
  }

  private void answering(String text) {
    server.then(peer -> {
      peer.head();
      peer.send(text);
    });
  }

  @Test
  void sendsARequestThatAServerUnderstands() throws IOException {
    server.then(peer -> {
      assertThat(peer.request())
          .startsWith("POST /v1/vms HTTP/1.1\r\nHost: localhost\r\n")
          .contains("\r\nIf-Match: \"7\"\r\n", "\r\nContent-Type: application/json\r\n")
          .endsWith("\r\n\r\n{\"a\":1}");
      peer.json(200, "{}");
    });
    byte[] body = "{\"a\":1}".getBytes(UTF_8);
    try (Answer answer =
        transport.send(
            Request.of("POST", "/v1/vms")
                .header("If-Match", "\"7\"")
                .body(
                    new Request.Body(
                        "application/json", new ByteArrayInputStream(body), body.length)))) {
      assertThat(answer.ok()).isTrue();
      assertThat(answer.header("content-type")).isEqualTo("application/json");
    }
  }

  @Test
  void readsABodyOfGivenLengthThatComesByteByByte() throws IOException {
    server.then(peer -> {
      peer.head();
      peer.trickle("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhell");
      peer.send("o and more"); // at once: the client hangs up when it has its five bytes
    });
    assertThat(fetch()).isEqualTo("200 hello");
  }

  @Test
  void readsABodyThatEndsWithTheConnection() throws IOException {
    answering("HTTP/1.0 200 OK\r\n\r\nall of it");
    assertThat(fetch()).isEqualTo("200 all of it");
  }

  @Test
  void readsAnAnswerWithoutAReasonAndWithoutABody() throws IOException {
    answering("HTTP/1.1 204\r\n\r\n");
    assertThat(fetch()).isEqualTo("204 ");
  }

  @Test
  void passesOverInterimAnswers() throws IOException {
    answering(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assertThat(fetch()).isEqualTo("200 ok");
  }

  @Test
  void readsChunksWhereverTheyAreCut() throws IOException {
    String text =
        """
        HTTP/1.1 200 OK\r
        Transfer-Encoding: Chunked\r
        \r
        5\r
        hello\r
        1;name="x"\r
         \r
        A\r
        0123456789\r
        0\r
        Trailer: t\r
        \r
        """;
    for (int cut = 40; cut < text.length(); cut++) {
      int at = cut;
      server.then(peer -> {
        peer.head();
        peer.send(text.substring(0, at));
        peer.out().flush();
        peer.send(text.substring(at));
      });
      assertThat(fetch()).as("cut at %d", cut).isEqualTo("200 hello 0123456789");
    }
  }

  @Test
  void readsALargeChunkedBodyWhole() throws IOException {
    byte[] block = new byte[100_000];
    Arrays.fill(block, (byte) 'k');
    server.then(peer -> {
      peer.head();
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 20; i++) {
        peer.send("186a0\r\n");
        peer.out().write(block);
        peer.send("\r\n");
      }
      peer.send("0\r\n\r\n");
    });
    assertThat(fetch()).hasSize(4 + 20 * block.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        ""
      })
  void tellsATruncatedAnswerFromAWholeOne(String text) {
    answering(text);
    assertThatThrownBy(this::fetch)
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("connection ended");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n",
      })
  void refusesWhatIsNoAnswer(String text) {
    answering(text);
    assertThatThrownBy(this::fetch).isInstanceOf(ProtocolException.class);
  }

  @Test
  void refusesAHeadWithoutEnd() {
    server.then(peer -> {
      peer.head();
      peer.send("HTTP/1.1 200 OK\r\n");
      try {
        for (int i = 0; i < 10_000; i++) {
          peer.send("X-Header-" + i + ": " + "v".repeat(100) + "\r\n");
        }
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("Broken pipe");
      }
    });
    assertThatThrownBy(this::fetch)
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("65536");
  }

  @Test
  void saysWhenNobodyIsThere() throws IOException {
    server.close();
    assertThatThrownBy(this::fetch).isInstanceOf(ConnectException.class);
    var absent = new UnixTransport(directory.resolve("absent.sock"));
    assertThatThrownBy(() -> absent.send(Request.of("GET", "/")))
        .isInstanceOf(ConnectException.class);
  }

  @Test
  void givesUpWhenNothingComes() {
    var over = new CountDownLatch(1);
    server.then(peer -> {
      peer.head();
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
      over.await();
    });
    Request request = Request.of("GET", "/").quiet(Duration.ofMillis(50));
    assertThatThrownBy(() -> transport.send(request).bytes())
        .isInstanceOf(SocketTimeoutException.class);
    over.countDown();
  }

  @Test
  void sendsABodyOfUnknownLengthInChunks() throws IOException {
    server.then(peer -> {
      assertThat(peer.head()).contains("\r\nTransfer-Encoding: chunked\r\n");
      assertThat(new String(peer.in().readNBytes(16), UTF_8)).isEqualTo("6\r\nkelvin\r\n0\r\n\r\n");
      peer.json(202, "{}");
    });
    var body = new Request.Body("a/b", new ByteArrayInputStream("kelvin".getBytes(UTF_8)), -1);
    assertThat(transport.send(Request.of("POST", "/").body(body)).status()).isEqualTo(202);
  }

  @Test
  void stopsSendingWhenTheAnswerIsThereBeforeTheEnd() throws IOException {
    server.then(peer -> {
      peer.head();
      peer.json(413, "{}");
    });
    var body = new Request.Body("a/b", new Endless(), 1L << 40);
    try (Answer answer = transport.send(Request.of("POST", "/").body(body))) {
      assertThat(answer.status()).isEqualTo(413);
    }
  }

  /** A file that has no end. */
  private static final class Endless extends InputStream {
    @Override
    public int read() {
      return 'x';
    }
  }
}
