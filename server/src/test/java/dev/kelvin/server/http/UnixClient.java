package dev.kelvin.server.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One connection of HTTP/1.1 to a Unix socket, so plain that it can also say what is wrong. */
final class UnixClient implements AutoCloseable {
  /** An answer. Header names are in lower case. */
  @SuppressWarnings("ArrayRecordComponent") // read by tests, never compared
  record Answer(int status, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  private final SocketChannel channel;
  private final InputStream in;

  private UnixClient(SocketChannel channel) {
    this.channel = channel;
    this.in = new BufferedInputStream(Channels.newInputStream(channel));
  }

  static UnixClient connect(Path socket) {
    try {
      return new UnixClient(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends one request on a connection of its own. */
  static Answer call(
      Path socket, String method, String target, byte @Nullable [] body, String... headers) {
    try (var client = connect(socket)) {
      client.request(method, target, body, headers);
      return client.answer(method.equals("HEAD"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Headers are given as {@code Name: value}. */
  void request(String method, String target, byte @Nullable [] body, String... headers)
      throws IOException {
    var head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: kelvin\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (body != null) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    send(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    if (body != null) {
      send(body);
    }
  }

  void send(byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  Answer answer() throws IOException {
    return answer(false);
  }

  private Answer answer(boolean headOnly) throws IOException {
    int status = head();
    Map<String, String> headers = headers();
    if (headOnly || status == 101 || status == 204) {
      return new Answer(status, headers, new byte[0]);
    }
    String length = headers.get("content-length");
    if (length != null) {
      byte[] body = in.readNBytes(Integer.parseInt(length));
      if (body.length < Integer.parseInt(length)) {
        throw new EOFException("the body ends early");
      }
      return new Answer(status, headers, body);
    } else if ("chunked".equals(headers.get("transfer-encoding"))) {
      return new Answer(status, headers, chunks());
    }
    return new Answer(status, headers, in.readAllBytes());
  }

  /** Reads a status line, past interim answers. */
  int head() throws IOException {
    String line = line();
    if (!line.startsWith("HTTP/1.1 ")) {
      throw new IOException("not an answer: " + line);
    }
    int status = Integer.parseInt(line.substring(9, 12));
    if (status == 100) {
      headers();
      return head();
    }
    return status;
  }

  Map<String, String> headers() throws IOException {
    var headers = new TreeMap<String, String>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return headers;
  }

  private byte[] chunks() throws IOException {
    var all = new ByteArrayOutputStream();
    for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
      all.writeBytes(chunk);
    }
    return all.toByteArray();
  }

  /** The next chunk of an answer that is sent in chunks; empty at its end. */
  byte[] chunk() throws IOException {
    int size = Integer.parseInt(line(), 16);
    byte[] chunk = in.readNBytes(size);
    line();
    return chunk;
  }

  /** The fields of the next server-sent event, without comments. */
  List<String> event() throws IOException {
    while (true) {
      byte[] chunk = chunk();
      if (chunk.length == 0) {
        return List.of();
      }
      var fields = new ArrayList<String>();
      for (String line : new String(chunk, StandardCharsets.UTF_8).split("\n", -1)) {
        if (!line.isEmpty() && !line.startsWith(":")) {
          fields.add(line);
        }
      }
      if (!fields.isEmpty()) {
        return fields;
      }
    }
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("the answer ends early: " + line);
      } else if (c == '\n') {
        return line.toString(StandardCharsets.ISO_8859_1);
      } else if (c != '\r') {
        line.write(c);
      }
    }
  }

  InputStream in() {
    return in;
  }

  void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
