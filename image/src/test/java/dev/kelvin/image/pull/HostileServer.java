package dev.kelvin.image.pull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A server of HTTP/1.1 on the loopback that does what a test tells it, be it against every rule. It
 * writes bytes by hand, since servers that know the rules keep to them.
 */
final class HostileServer implements AutoCloseable {
  /** A request: the path with its query, and the headers by names in lower case. */
  record Request(String path, Map<String, String> headers) {
    Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name));
    }

    /** Where the range begins that is asked for; 0 without one. */
    long offset() {
      String range = headers.getOrDefault("range", "bytes=0-");
      return Long.parseLong(range.replaceAll("bytes=(\\d+)-", "$1"));
    }
  }

  /** What the server answers; returning closes the connection. */
  interface Handler {
    void answer(Request request, Wire wire) throws IOException, InterruptedException;
  }

  /** The connection. */
  final class Wire {
    private final OutputStream out;

    Wire(OutputStream out) {
      this.out = out;
    }

    void head(int status, String... headers) throws IOException {
      var text = new StringBuilder("HTTP/1.1 " + status + " Text\r\nConnection: close\r\n");
      for (String header : headers) {
        text.append(header).append("\r\n");
      }
      bytes(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    void bytes(byte[] content) throws IOException {
      out.write(content);
      out.flush();
    }

    void whole(int status, byte[] content, String... headers) throws IOException {
      var all = new java.util.ArrayList<>(List.of(headers));
      all.add("Content-Length: " + content.length);
      head(status, all.toArray(String[]::new));
      bytes(content);
    }

    /**
     * Serves ranges as a good server does, but stops after some bytes each time.
     *
     * @param etag by which the file is known, in quotes
     */
    void piece(Request request, byte[] content, int most, String etag) throws IOException {
      int from = (int) request.offset();
      boolean same = request.header("if-range").orElse(etag).equals(etag);
      if (from == 0 || !same) {
        head(200, "Content-Length: " + content.length, "ETag: " + etag);
        bytes(Arrays.copyOf(content, Math.min(most, content.length)));
        return;
      }
      head(
          206,
          "Content-Length: " + (content.length - from),
          "Content-Range: bytes " + from + "-" + (content.length - 1) + "/" + content.length,
          "ETag: " + etag);
      bytes(Arrays.copyOfRange(content, from, Math.min(from + most, content.length)));
    }

    /** Says nothing more until the test is over. */
    void stall() throws InterruptedException {
      if (!closing.await(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the test does not end");
      }
    }
  }

  private final ServerSocket listener;
  private final String scheme;
  private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<String> ciphers = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closing = new CountDownLatch(1);

  private HostileServer(ServerSocket listener, String scheme) {
    this.listener = listener;
    this.scheme = scheme;
    Thread.ofVirtual().name("hostile-server").start(this::accept);
  }

  static HostileServer start() throws IOException {
    return new HostileServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), "http");
  }

  static HostileServer start(TestTls tls) throws IOException {
    var factory = tls.server().getServerSocketFactory();
    var listener =
        (SSLServerSocket) factory.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    // As many servers do, it leaves the choice of the cipher to its client.
    SSLParameters parameters = listener.getSSLParameters();
    parameters.setUseCipherSuitesOrder(false);
    listener.setSSLParameters(parameters);
    return new HostileServer(listener, "https");
  }

  HostileServer on(String path, Handler handler) {
    handlers.put(path, handler);
    return this;
  }

  HostileServer serves(String path, byte[] content) {
    return on(path, (request, wire) -> wire.whole(200, content));
  }

  HostileServer serves(String path, String content) {
    return serves(path, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Serves the beginning of it, and then says nothing more. */
  HostileServer stalls(String path, byte[] content) {
    return on(
        path,
        (request, wire) -> {
          wire.head(200, "Content-Length: " + content.length);
          wire.bytes(Arrays.copyOf(content, 1000));
          wire.stall();
        });
  }

  String url(String path) {
    return scheme + "://127.0.0.1:" + listener.getLocalPort() + path;
  }

  /** The requests for a path so far. */
  List<Request> requests(String path) {
    return requests.stream().filter(one -> one.path().equals(path)).toList();
  }

  /** The cipher suites of the connections that requests came by, in their order. */
  List<String> ciphers() {
    return List.copyOf(ciphers);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      Request request = read(socket);
      if (request != null) {
        if (socket instanceof SSLSocket secure) {
          ciphers.add(secure.getSession().getCipherSuite());
        }
        requests.add(request);
        Handler handler =
            handlers.getOrDefault(request.path(), (one, wire) -> wire.whole(404, new byte[0]));
        handler.answer(request, new Wire(socket.getOutputStream()));
      }
    } catch (IOException e) {
      // The client has gone away, as it may.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(socket);
    }
  }

  private static @Nullable Request read(Socket socket) throws IOException {
    var reader =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    String first = reader.readLine();
    if (first == null) {
      return null;
    }
    var headers = new TreeMap<String, String>();
    for (String line = reader.readLine();
        line != null && !line.isEmpty();
        line = reader.readLine()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Request(first.split(" ", -1)[1], headers);
  }

  @Override
  public void close() throws IOException {
    closing.countDown();
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
