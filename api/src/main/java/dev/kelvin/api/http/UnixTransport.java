package dev.kelvin.api.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** HTTP/1.1 over a Unix socket, a connection for each request. */
public final class UnixTransport implements Transport {
  private static final int BLOCK = 1 << 16;
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private final Path socket;

  public UnixTransport(Path socket) {
    this.socket = socket;
  }

  /** Gets ready what the JDK otherwise gets ready for the first connection. */
  public static void prepare() throws IOException {
    SocketChannel.open(StandardProtocolFamily.UNIX).close();
  }

  private Connection connect(Duration quiet) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return new Connection(channel, quiet);
    } catch (IOException e) {
      channel.close();
      String message = String.valueOf(e.getMessage());
      if (message.toLowerCase(Locale.ROOT).contains("permission denied")) {
        var denied = new AccessDeniedException(socket.toString());
        denied.initCause(e);
        throw denied;
      }
      var refused = new ConnectException(message);
      refused.initCause(e);
      throw refused;
    }
  }

  @Override
  public Answer send(Request request) throws IOException {
    Connection connection = connect(request.quiet());
    try {
      boolean sent = write(connection, request);
      var http = new Http1(new Http1.Buffer(connection.in));
      Http1.Head head;
      try {
        head = http.head();
      } catch (IOException e) {
        if (!sent) {
          e.addSuppressed(new IOException("the request could not be sent as a whole"));
        }
        throw e;
      }
      return new Answer(head.status(), head.headers(), new Closing(http.body(head), connection));
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Writes the request. A daemon that refuses a large body answers before it has all of it; then
   * the rest stays unsent.
   *
   * @return whether all of it was written
   */
  private static boolean write(Connection connection, Request request) throws IOException {
    var head =
        new StringBuilder(256)
            .append(request.method())
            .append(' ')
            .append(request.target())
            .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    headers(head, request.headers());
    Request.Body body = request.body();
    if (body == null) {
      if (!request.method().equals("GET")) {
        head.append("Content-Length: 0\r\n");
      }
      send(connection, head.append("\r\n"));
      return true;
    }
    head.append("Content-Type: ").append(body.contentType()).append("\r\n");
    boolean chunked = body.length() < 0;
    head.append(
        chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: " + body.length() + "\r\n");
    send(connection, head.append("\r\n"));
    return writeBody(connection, body.content(), chunked);
  }

  private static boolean writeBody(Connection connection, InputStream content, boolean chunked)
      throws IOException {
    byte[] block = new byte[BLOCK];
    for (int n = content.read(block); n >= 0; n = content.read(block)) {
      if (connection.hasInput()) {
        return false;
      }
      if (n == 0) {
        continue;
      }
      try {
        if (chunked) {
          send(connection, new StringBuilder(Integer.toHexString(n)).append("\r\n"));
        }
        connection.out.write(block, 0, n);
        if (chunked) {
          connection.out.write(new byte[] {'\r', '\n'});
        }
      } catch (IOException e) {
        if (connection.hasInput()) {
          // The daemon has answered and closed; what it said is worth more than the broken pipe.
          return false;
        }
        throw e;
      }
    }
    if (chunked) {
      connection.out.write(LAST_CHUNK);
    }
    return true;
  }

  private static void headers(StringBuilder head, Map<String, String> headers) {
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
  }

  private static void send(Connection connection, StringBuilder text) throws IOException {
    connection.out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public MessageSocket upgrade(String target) throws IOException {
    Connection connection = connect(Request.USUAL);
    try {
      String key = WebSocketFrames.newKey();
      var head =
          new StringBuilder(256)
              .append("GET ")
              .append(target)
              .append(
                  " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
              .append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ")
              .append(key)
              .append("\r\n\r\n");
      send(connection, head);
      var buffer = new Http1.Buffer(connection.in);
      var http = new Http1(buffer);
      Http1.Head answer = http.head();
      if (answer.status() != 101) {
        var refusal = new Answer(answer.status(), answer.headers(), http.body(answer));
        throw new UpgradeRefused(answer.status(), refusal.bytes());
      }
      String accept = answer.headers().getOrDefault("sec-websocket-accept", "");
      if (!accept.equals(WebSocketFrames.accept(key))) {
        throw new ProtocolException("the other end does not speak WebSocket");
      }
      connection.quiet(Duration.ZERO);
      return new WebSocketFrames(buffer, connection.out, connection);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** A body that takes its connection along when it is closed. */
  private static final class Closing extends FilterInputStream {
    private final Connection connection;

    Closing(InputStream body, Connection connection) {
      super(body);
      this.connection = connection;
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }
}
