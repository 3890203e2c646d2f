package dev.kelvin.bench.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Does to the TLS port of a daemon what it must stand. All connections stay open until this is
 * closed, unless the daemon ends them.
 */
public final class Attacker implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Attacker.class.getName());
  private static final int TIMEOUT_MILLIS = (int) Duration.ofSeconds(20).toMillis();

  /** Attackers that knock at the same time. */
  private static final int HANDS = 16;

  /** What is open, and what is being opened. */
  private final Set<Socket> held = ConcurrentHashMap.newKeySet();

  private final InetSocketAddress target;
  private final SSLContext trusting;

  /** From how many addresses of the loopback it comes. */
  private final int addresses;

  private final AtomicInteger connections = new AtomicInteger();
  private volatile boolean closed;

  /**
   * One against the API at this address of the loopback.
   *
   * @param addresses from how many addresses it comes, at most 65,000
   */
  public Attacker(URI api, int addresses) {
    this.addresses = addresses;
    this.target = new InetSocketAddress(api.getHost(), api.getPort());
    try {
      this.trusting = SSLContext.getInstance("TLS");
      trusting.init(null, new TrustManager[] {new Anyone()}, null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Trusts every server: whoever attacks one does not ask for its papers. */
  private static final class Anyone implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** One attack on one connection. */
  @FunctionalInterface
  private interface Strike {
    void strike() throws IOException;
  }

  /** Connections on which nothing is ever sent. */
  public int idle(int count) throws InterruptedException {
    return strike(count, this::connect);
  }

  /** Connections on which TLS begins and does not go on. */
  public int hellos(int count) throws InterruptedException {
    return strike(
        count,
        () -> {
          SSLEngine engine = trusting.createSSLEngine("localhost", target.getPort());
          engine.setUseClientMode(true);
          ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
          SSLEngineResult made = engine.wrap(ByteBuffer.allocate(0), hello);
          send(connect(), hello.array(), made.bytesProduced());
        });
  }

  /** Requests whose heads never end. */
  public int heads(int count, int bytes) throws InterruptedException {
    byte[] head = text("GET /v1/vms HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(bytes));
    return strike(count, () -> send(secure(), head, head.length));
  }

  /**
   * Requests with a body of which only the first byte comes, from clients that negotiate nothing.
   */
  public int posts(int count) throws InterruptedException {
    byte[] post = text("POST /v1/vms HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{");
    return strike(count, () -> send(secure(), post, post.length));
  }

  /** Streams of events that the token opens, for clients that negotiate nothing. */
  public int watches(int count, String token) throws InterruptedException {
    byte[] get =
        text(
            "GET /v1/vms?watch=true HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                + token
                + "\r\n\r\n");
    return strike(
        count,
        () -> {
          SSLSocket socket = secure();
          send(socket, get, get.length);
          if (socket.getInputStream().read() < 0) {
            throw new IOException("no stream came");
          }
        });
  }

  /** Connections of HTTP/2 that ask for pages on many streams and have no window for any answer. */
  public int windowless(int count, int streams) throws InterruptedException {
    return strike(
        count,
        () -> {
          SSLSocket socket = http2(0);
          var frames = new ByteArrayOutputStream();
          for (int i = 0; i < streams; i++) {
            frames.writeBytes(Http2Frames.get("/openapi.yaml", 1 + 2 * i));
          }
          send(socket, frames.toByteArray(), frames.size());
        });
  }

  /** Connections of HTTP/2 that open streams and take them back at once. */
  public int resets(int count, int streams) throws InterruptedException {
    return strike(
        count,
        () -> {
          SSLSocket socket = http2(65_535);
          OutputStream out = socket.getOutputStream();
          for (int i = 0; i < streams; i++) {
            out.write(Http2Frames.get("/openapi.yaml", 1 + 2 * i));
            out.write(Http2Frames.reset(1 + 2 * i));
          }
          out.flush();
        });
  }

  /** How many connections of this attacker are open as far as it knows. */
  public int open() {
    return (int) held.stream().filter(socket -> !socket.isClosed()).count();
  }

  /** Strikes, some at a time; returns how many connections took it without a complaint. */
  private int strike(int count, Strike one) throws InterruptedException {
    var done = new CountDownLatch(HANDS);
    var left = new AtomicInteger(count);
    var taken = new AtomicInteger();
    for (int i = 0; i < HANDS; i++) {
      Thread.ofVirtual()
          .name("attacker-" + i)
          .start(() -> {
            try {
              while (!closed && left.getAndDecrement() > 0) {
                taken.addAndGet(struck(one) ? 1 : 0);
              }
            } finally {
              done.countDown();
            }
          });
    }
    done.await();
    return taken.get();
  }

  private static boolean struck(Strike one) {
    try {
      one.strike();
      return true;
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the daemon does not put up with it", e);
      return false;
    }
  }

  private Socket connect() throws IOException {
    var socket = new Socket();
    held.add(socket);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    int from = connections.getAndIncrement() % addresses;
    socket.bind(new InetSocketAddress("127.1.%d.%d".formatted(from / 254, 1 + from % 254), 0));
    socket.connect(target, TIMEOUT_MILLIS);
    if (closed) {
      socket.close();
    }
    return socket;
  }

  private SSLSocket secure(String... protocols) throws IOException {
    Socket plain = connect();
    var socket =
        (SSLSocket)
            trusting
                .getSocketFactory()
                .createSocket(plain, target.getHostString(), target.getPort(), true);
    if (protocols.length > 0) {
      var parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(protocols);
      socket.setSSLParameters(parameters);
    }
    socket.startHandshake();
    return socket;
  }

  private SSLSocket http2(int window) throws IOException {
    SSLSocket socket = secure("h2");
    if (!"h2".equals(socket.getApplicationProtocol())) {
      throw new IOException("the daemon does not speak HTTP/2");
    }
    byte[] begin = Http2Frames.preface(window);
    send(socket, begin, begin.length);
    return socket;
  }

  private static void send(Socket socket, byte[] bytes, int length) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes, 0, length);
    out.flush();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Lets go of all connections. */
  @Override
  public void close() {
    closed = true;
    for (Socket socket : List.copyOf(held)) {
      try {
        socket.close();
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "an attacker's connection was gone", e);
      }
    }
  }
}
