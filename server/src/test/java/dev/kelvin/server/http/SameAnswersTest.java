package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is sent over TLS and over the local socket gets the same answer, request or none. */
@Timeout(60)
class SameAnswersTest {
  private static final List<String> REQUESTS =
      List.of(
          "GET /healthz HTTP/1.0\r\n\r\n",
          "GET /healthz HTTP/1.0\r\nHost: a\r\n\r\n",
          "HEAD /healthz HTTP/1.0\r\n\r\n",
          "GET /nothing HTTP/1.0\r\nAuthorization: Bearer TOKEN\r\n\r\n",
          "GET /healthz\r\n",
          "GET /healthz HTTP/0.9\r\n\r\n",
          "GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n",
          "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
          "GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
          "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
          "BREW /healthz HTTP/1.0\r\nAuthorization: Bearer TOKEN\r\n\r\n",
          "GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n",
          "nonsense\r\n\r\n",
          "\0\1\2\r\n\r\n");

  /** The status, and of the body what does not differ by the time. */
  private record Answer(String status, String type, String body) {
    static Answer of(InputStream in) throws IOException {
      String all = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      int end = all.indexOf("\r\n\r\n");
      String head = end < 0 ? all : all.substring(0, end);
      String type =
          head.lines()
              .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("content-type"))
              .findFirst()
              .orElse("");
      String[] words = head.split(" ", 3);
      return new Answer(
          words.length > 1 ? words[1] : "none", type, end < 0 ? "" : all.substring(end + 4));
    }
  }

  private static Answer local(TestServer server, String request) throws IOException {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(server.socket()));
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)));
      return Answer.of(Channels.newInputStream(channel));
    }
  }

  private static Answer remote(TestServer server, String request) throws IOException {
    var plain = new Socket();
    plain.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()), 10_000);
    try (var socket =
        (SSLSocket)
            server.trusting().getSocketFactory().createSocket(plain, "127.0.0.1", 1, true)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return Answer.of(socket.getInputStream());
    }
  }

  @Test
  void bothWaysAnswerAlike(@TempDir Path directory) throws IOException {
    try (var server = TestServer.start(directory)) {
      for (String one : REQUESTS) {
        String request = one.replace("TOKEN", server.token());
        Answer remote = remote(server, request);
        assertThat(remote.status()).as(request).matches("[2-5][0-9][0-9]");
        assertThat(local(server, request)).as(request).isEqualTo(remote);
        if (remote.status().startsWith("4") && !remote.body().isEmpty()) {
          var problem = Documents.tree(remote.body().getBytes(StandardCharsets.UTF_8));
          assertThat(problem.path("remedy").asString()).as(request).isNotEmpty();
        }
      }
      assertThat(local(server, REQUESTS.getFirst()).status()).isEqualTo("200");
    }
  }
}
