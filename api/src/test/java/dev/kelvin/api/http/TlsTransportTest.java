package dev.kelvin.api.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.api.ScriptedServer.Peer;
import dev.kelvin.api.ScriptedServer.Script;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The way over TLS, against a server with a certificate of its own. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTransportTest {
  private static final char[] PASSWORD = "password".toCharArray();

  private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<String> ciphers = new LinkedBlockingQueue<>();
  private SSLServerSocket server;
  private URI url;
  private String fingerprint;

  @BeforeAll
  void listen(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("key.p12");
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "kelvin",
                "-keyalg",
                "EC",
                "-dname",
                "CN=kelvin",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                "password")
            .redirectErrorStream(true)
            .start();
    assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
    var keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    byte[] certificate = keys.getCertificate("kelvin").getEncoded();
    fingerprint =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate));
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    var loopback = InetAddress.getLoopbackAddress();
    server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 5, loopback);
    // As many servers do, it leaves the choice of the cipher to its client.
    SSLParameters parameters = server.getSSLParameters();
    parameters.setUseCipherSuitesOrder(false);
    server.setSSLParameters(parameters);
    url = URI.create("https://127.0.0.1:" + server.getLocalPort());
    Thread.ofVirtual().start(this::accept);
  }

  @BeforeEach
  void clear() {
    scripts.clear();
    failures.clear();
    ciphers.clear();
  }

  @AfterEach
  void nothingWentWrong() {
    assertThat(failures).isEmpty();
  }

  @AfterAll
  void close() throws IOException {
    server.close();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var client = (SSLSocket) server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        if (!server.isClosed()) {
          failures.add(e);
        }
      }
    }
  }

  private void serve(SSLSocket client) {
    try (client) {
      Script script = scripts.poll();
      if (script == null) {
        client.startHandshake();
        throw new IllegalStateException("a connection that no script is for");
      }
      client.addHandshakeCompletedListener(event -> ciphers.add(event.getCipherSuite()));
      script.play(new Peer(client.getInputStream(), client.getOutputStream()));
    } catch (SSLException | SocketException _) {
      // A client that does not trust this server ends the handshake; the test sees its side.
    } catch (Exception | AssertionError e) {
      failures.add(e);
    }
  }

  private Client client(String pin) {
    return new Client(new Endpoint.Remote(url, "secret", pin));
  }

  @Test
  void trustsThePinnedCertificateAndSendsTheToken() throws IOException {
    scripts.add(peer -> {
      assertThat(peer.request()).contains("\r\nAuthorization: Bearer secret\r\n");
      peer.json(200, "{\"status\":\"ok\"}");
    });
    try (Client client = client(fingerprint)) {
      assertThat(client.answers()).isTrue();
    }
  }

  @Test
  void offersTheFastestCipherFirst() throws Exception {
    scripts.add(peer -> {
      peer.request();
      peer.json(200, "{\"status\":\"ok\"}");
    });
    try (Client client = client(fingerprint)) {
      assertThat(client.answers()).isTrue();
    }
    assertThat(ciphers.poll(20, TimeUnit.SECONDS)).isEqualTo("TLS_CHACHA20_POLY1305_SHA256");
  }

  @Test
  void fingerprintsAreReadAsPeopleWriteThem() {
    String colons = fingerprint.toUpperCase(Locale.ROOT).replaceAll("(..)(?=.)", "$1:");
    assertThat(PinnedCertificate.normal("SHA256:" + colons)).isEqualTo(fingerprint);
    assertThat(PinnedCertificate.normal(" sha-256 " + colons + "\n")).isEqualTo(fingerprint);
  }

  @Test
  void doesNotTrustAnotherCertificate() throws IOException {
    for (int i = 0; i < 2; i++) {
      scripts.add(Peer::head);
    }
    try (Client client = client("00".repeat(32))) {
      assertThatThrownBy(client::info)
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.problem().code()).isEqualTo(Code.UNAUTHENTICATED);
                assertThat(e.problem().cause()).contains(fingerprint);
              });
    }
  }

  @Test
  void sendsFiles() throws IOException {
    scripts.add(peer -> {
      assertThat(peer.request())
          .contains("\r\nContent-Length: 6\r\n", "\r\nContent-Type: a/b\r\n")
          .endsWith("\r\n\r\nkelvin");
      peer.json(202, "{}");
    });
    var body = new Request.Body("a/b", new ByteArrayInputStream("kelvin".getBytes(UTF_8)), 6);
    try (var transport = new TlsTransport(url, "secret", fingerprint);
        Answer answer = transport.send(Request.of("POST", "/x").body(body))) {
      assertThat(answer.status()).isEqualTo(202);
      assertThat(answer.bytes()).asString(UTF_8).isEqualTo("{}");
    }
  }

  @Test
  void opensWebSockets() throws IOException {
    scripts.add(peer -> {
      WebSocketTest.handshake(peer);
      assertThat(WebSocketTest.received(peer)).isEqualTo("82 hello");
      peer.out().write(WebSocketTest.frame(0x02, "wor".getBytes(UTF_8)));
      peer.out().write(WebSocketTest.frame(0x80, "ld".getBytes(UTF_8)));
      peer.out().write(WebSocketTest.frame(0x88, new byte[] {3, (byte) 0xe8, 'b', 'y', 'e'}));
      // The JDK may drop the connection before it has answered to the close.
      peer.in().readAllBytes();
    });
    try (var transport = new TlsTransport(url, "secret", fingerprint);
        MessageSocket socket = transport.upgrade("/v1/consoles/t1")) {
      socket.send("hello".getBytes(UTF_8));
      assertThat(socket.receive()).asString(UTF_8).isEqualTo("world");
      assertThat(socket.receive()).isNull();
      assertThat(socket.closeReason()).isEqualTo("bye");
    }
  }

  @Test
  void aRefusedWebSocketTellsItsStatus() throws IOException {
    scripts.add(peer -> {
      peer.head();
      peer.json(401, "{\"code\":\"unauthenticated\",\"detail\":\"no\"}");
    });
    try (var transport = new TlsTransport(url, "secret", fingerprint)) {
      assertThatThrownBy(() -> transport.upgrade("/v1/consoles/t1"))
          .isInstanceOfSatisfying(
              Transport.UpgradeRefused.class, e -> assertThat(e.status()).isEqualTo(401));
    }
  }

  @Test
  void saysWhenNobodyIsThere() throws IOException {
    var nobody = new Endpoint.Remote(URI.create("https://127.0.0.1:1"), "secret", fingerprint);
    try (Client client = new Client(nobody)) {
      assertThat(client.answers()).isFalse();
    }
  }
}
