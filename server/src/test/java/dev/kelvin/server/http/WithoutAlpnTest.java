package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that negotiate no protocol (python, openssl s_client) hold up nobody. */
@Timeout(60)
class WithoutAlpnTest {
  private static final Duration AT_ONCE = Duration.ofSeconds(5);

  private final List<Socket> open = new ArrayList<>();
  private final AtomicInteger onPlatformThreads = new AtomicInteger();
  private TestServer server;
  private SSLContext trusting;

  @BeforeEach
  void start(@TempDir Path directory) {
    server = TestServer.start(directory);
    server.server.fingerprint();
    trusting = server.trusting();
    // The first request loads classes, which is not what is measured here.
    assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
    server.close();
  }

  private SSLSocket connect() throws IOException {
    var plain = new Socket();
    plain.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()), 10_000);
    var socket = (SSLSocket) trusting.getSocketFactory().createSocket(plain, "127.0.0.1", 1, true);
    open.add(socket);
    socket.setSoTimeout(20_000);
    return socket;
  }

  private SSLSocket send(String request) throws IOException {
    SSLSocket socket = connect();
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private Outcome standStill(Action what) throws InterruptedException {
    if (!Thread.currentThread().isVirtual()) {
      onPlatformThreads.incrementAndGet();
    }
    var _ = new CountDownLatch(1).await(30, java.util.concurrent.TimeUnit.SECONDS);
    return new Outcome.Done();
  }

  private void theLocalSocketAnswersAtOnce() {
    for (int i = 0; i < 10; i++) {
      long begin = System.nanoTime();
      assertThat(server.call("GET", "/healthz").status()).isEqualTo(200);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(AT_ONCE);
    }
  }

  @Test
  void requestsThatGoOnAndOnLeaveBothWaysFree() throws Exception {
    server.actions.script = this::standStill;
    String get =
        "GET /v1/vms?watch=true HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
            + server.token()
            + "\r\n\r\n";
    for (int i = 0; i < 12; i++) {
      send(get);
    }
    TestServer.await("12 requests", () -> server.actions.asked.size() == 12);

    theLocalSocketAnswersAtOnce();
    assertThat(status(send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"))).isEqualTo("200");
    assertThat(onPlatformThreads).hasValue(0);

    long begin = System.nanoTime();
    server.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(8));
  }

  @Test
  void slowStrangersAreRefusedAndNotWaitedFor() throws Exception {
    var slow = new ArrayList<SSLSocket>();
    for (int i = 0; i < 40; i++) {
      slow.add(send("POST /v1/vms HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{"));
    }
    theLocalSocketAnswersAtOnce();
    for (SSLSocket socket : slow) {
      assertThat(status(socket)).isEqualTo("401");
    }
    assertThat(server.actions.asked).isEmpty();
    // Nothing more is read from them, and the connection ends.
    long begin = System.nanoTime();
    for (SSLSocket socket : slow) {
      assertThat(endOf(socket)).isTrue();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void aLineThatEndsWithoutCarriageReturnIsRefused() throws Exception {
    assertThat(status(send("GET /healthz HTTP/1.1\nHost: a\n\n"))).isEqualTo("400");
    assertThat(status(send("GET /healthz HTTP/1.1\r\nHost: a\n\r\n"))).isEqualTo("400");
  }

  @Test
  void ciphersWithoutAuthenticationOfTheirOwnAreNotOffered() throws Exception {
    SSLSocket socket = connect();
    socket.setEnabledProtocols(new String[] {"TLSv1.2"});
    socket.setEnabledCipherSuites(
        new String[] {
          "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
        });
    org.assertj.core.api.Assertions.assertThatThrownBy(socket::startHandshake)
        .isInstanceOf(IOException.class);
  }

  /** The server chooses, whatever the client would like best; see {@code CipherOrder}. */
  @Test
  void theCipherThatIsFastestHereIsTaken() throws Exception {
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      SSLSocket both = connect();
      both.setEnabledProtocols(new String[] {version});
      assertThat(List.of(both.getEnabledCipherSuites()).getFirst()).contains("_GCM_");
      both.startHandshake();
      assertThat(both.getSession().getCipherSuite()).contains("_CHACHA20_POLY1305_");

      SSLSocket without = connect();
      without.setEnabledProtocols(new String[] {version});
      without.setEnabledCipherSuites(
          Stream.of(without.getEnabledCipherSuites())
              .filter(suite -> !suite.contains("CHACHA20"))
              .toArray(String[]::new));
      without.startHandshake();
      assertThat(without.getSession().getCipherSuite()).contains("_GCM_");
    }
  }

  private static boolean endOf(SSLSocket socket) {
    try {
      return socket.getInputStream().readAllBytes() != null;
    } catch (IOException e) {
      return true;
    }
  }

  private static String status(SSLSocket socket) throws IOException {
    byte[] head = socket.getInputStream().readNBytes(12);
    return new String(head, StandardCharsets.US_ASCII).substring(9);
  }
}
