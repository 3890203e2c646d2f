package dev.kelvin.server.http;

import dev.kelvin.server.http.access.AdminToken;
import dev.kelvin.server.http.access.HttpSettings;
import dev.kelvin.server.http.access.HttpSettings.Tls;
import dev.kelvin.server.http.access.TlsIdentity;
import dev.kelvin.server.http.guard.HttpLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A real server on a socket of its own, with scripted actions behind it. */
final class TestServer implements AutoCloseable {
  static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(2);

  final ScriptedActions actions = new ScriptedActions();
  final HttpSettings settings;
  final HttpServer server;

  private TestServer(HttpSettings settings, Duration keepAlive, Duration idle) {
    this.settings = settings;
    this.server = new HttpServer(settings, actions, Optional::empty, keepAlive, idle);
  }

  static TestServer start(Path directory) {
    return start(settings(directory, Set.of(ownUid())), Duration.ofSeconds(15));
  }

  static TestServer start(HttpSettings settings, Duration keepAlive) {
    return start(settings, keepAlive, Duration.ofSeconds(60));
  }

  static TestServer start(HttpSettings settings, Duration keepAlive, Duration idle) {
    var made = new TestServer(settings, keepAlive, idle);
    made.server.start();
    return made;
  }

  static HttpSettings settings(Path directory, Set<Integer> peerUids) {
    return new HttpSettings(
        directory.resolve("api.sock"),
        peerUids,
        new Tls(
            "127.0.0.1",
            0,
            0,
            directory.resolve("tls.crt"),
            directory.resolve("tls.key"),
            directory.resolve("token"),
            _ -> ""),
        HttpLimits.USUAL);
  }

  static int ownUid() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path socket() {
    return settings.socket();
  }

  UnixClient.Answer call(String method, String target, String... headers) {
    return UnixClient.call(socket(), method, target, null, headers);
  }

  UnixClient.Answer send(String method, String target, byte @Nullable [] body, String... headers) {
    return UnixClient.call(socket(), method, target, body, headers);
  }

  String token() {
    server.fingerprint();
    return AdminToken.loadOrCreate(settings.tls().token()).text();
  }

  /** A client that trusts this server's certificate and no other. */
  HttpClient remote() {
    return HttpClient.newBuilder().sslContext(trusting()).build();
  }

  /** What trusts this server's certificate and no other. */
  SSLContext trusting() {
    try {
      server.fingerprint();
      var identity =
          TlsIdentity.loadOrCreate(
              settings.tls().certificate(), settings.tls().key(), settings.tls().host());
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      trusted.setCertificateEntry("kelvin", identity.certificate());
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until something holds. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not come about: " + what);
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
