package dev.kelvin.server.http.access;

import dev.kelvin.model.CipherOrder;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.http.access.HttpSettings.Tls;
import dev.kelvin.server.http.guard.Connections;
import dev.kelvin.server.http.guard.GuardedConnector;
import dev.kelvin.server.http.guard.HttpLimits;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * The API over TLS. Its port is bound at once, so that its address is known; certificate, token and
 * the machinery of TLS, which take longer, are got ready on a thread of their own.
 */
public final class TlsEndpoint implements AutoCloseable {
  private static final Logger LOG = System.getLogger(TlsEndpoint.class.getName());

  /** Frames of control in a second; closing all watches of a browser at once is no attack. */
  private static final int CONTROL_FRAMES_PER_SECOND = 1024;

  /** What a client may send that nobody has read yet, on a stream and on all of a connection. */
  private static final int STREAM_WINDOW = 256 << 10;

  private static final int CONNECTION_WINDOW = 512 << 10;

  /** Sessions of TLS that can be resumed. */
  private static final int SESSIONS = 512;

  private record Secrets(TlsIdentity identity, AdminToken token) {}

  /** Makes the server that is behind a gate. */
  @FunctionalInterface
  public interface ServerSource {
    Server behind(Gate gate);
  }

  private final Tls settings;
  private final TlsPort port;
  private final HttpLimits limits;
  private final Connections connections;
  private final CompletableFuture<Secrets> secrets = new CompletableFuture<>();

  /** Held while it comes up and goes down. */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile boolean started;
  private volatile boolean closed;
  private volatile @Nullable Server server;

  /** Whether it could not be served at the last port that was found free. */
  private boolean mendFailed;

  /** What connects once there is a port. */
  private @Nullable Connecting connecting;

  private interface Connecting {
    void connect(ServerSocketChannel port) throws Exception;
  }

  private TlsEndpoint(Tls settings, HttpLimits limits) {
    this.settings = settings;
    this.port = new TlsPort(settings);
    this.limits = limits;
    this.connections = new Connections(limits);
  }

  /**
   * Binds the first port that is free. When none is, there is none until {@link #mend} finds one:
   * the local API goes on.
   */
  public static TlsEndpoint bind(Tls settings, HttpLimits limits) throws IOException {
    var made = new TlsEndpoint(settings, limits);
    var _ = made.port.bind();
    return made;
  }

  public TlsPort port() {
    return port;
  }

  /** Tries again to get a port when there is none. Returns whether it has come up by that. */
  public boolean mend() throws Exception {
    changing.lock();
    try {
      if (port.bound() != null || closed || connecting == null) {
        return false;
      }
      ServerSocketChannel bound = port.bind();
      if (bound == null) {
        return false;
      }
      try {
        connecting.connect(bound);
        mendFailed = false;
        return true;
      } catch (Exception e) {
        LOG.log(mendFailed ? Level.DEBUG : Level.WARNING, "the API cannot be served over TLS", e);
        mendFailed = true;
        port.giveUp(e);
        stopServer(); // what of it has started already
        throw e;
      }
    } finally {
      changing.unlock();
    }
  }

  /** Gets ready to answer, and begins to. Does not wait for that. */
  public void start(HttpConfiguration configuration, Duration idle, ServerSource servers) {
    started = true;
    Thread.ofVirtual()
        .name("tls-start")
        .start(() -> {
          try {
            var identity =
                TlsIdentity.loadOrCreate(settings.certificate(), settings.key(), settings.host());
            var token = AdminToken.loadOrCreate(settings.token());
            var gate =
                new Gate.Remote(
                    limits, connections, request -> Authenticator.shows(token, request));
            begin(to -> {
              Server made = servers.behind(gate);
              server = made;
              connect(made, to, configuration, identity, idle);
            });
            secrets.complete(new Secrets(identity, token));
          } catch (Exception e) {
            // The local API goes on: it is the way to find out and to mend it.
            if (e instanceof ProblemException known) {
              LOG.log(
                  Level.ERROR,
                  "the API is not served over TLS: " + known.problem().oneLineWithRemedy());
            } else {
              LOG.log(Level.ERROR, "the API is not served over TLS", e);
            }
            secrets.completeExceptionally(e);
          }
        });
  }

  private void begin(Connecting how) throws Exception {
    changing.lock();
    try {
      connecting = how;
      ServerSocketChannel bound = port.bound();
      if (bound != null) {
        how.connect(bound);
      }
    } finally {
      changing.unlock();
    }
  }

  private void connect(
      Server server,
      ServerSocketChannel to,
      HttpConfiguration configuration,
      TlsIdentity identity,
      Duration idle)
      throws Exception {
    var ssl = new SslContextFactory.Server();
    ssl.setSslContext(identity.context());
    ssl.addExcludeCipherSuites(".*_CBC_.*");
    ssl.setCipherComparator(CipherOrder.FASTEST_FIRST);
    identity.context().getServerSessionContext().setSessionCacheSize(SESSIONS);
    var customizer = new SecureRequestCustomizer();
    // Whoever knows the certificate by its fingerprint may call this host by any name.
    customizer.setSniHostCheck(false);
    var secure = new HttpConfiguration(configuration);
    secure.addCustomizer(customizer);
    var http2 = new HTTP2ServerConnectionFactory(secure);
    // Jetty 12.1.12 breaks a stream at its second time-out, even if work goes on and its listener
    // says so (its issue 15656). The connection's time-out heeds the work on all streams.
    http2.setStreamIdleTimeout(-1);
    http2.setMaxConcurrentStreams(limits.streams());
    http2.setInitialStreamRecvWindow(STREAM_WINDOW);
    http2.setInitialSessionRecvWindow(CONNECTION_WINDOW);
    http2.setRateControlFactory(new WindowRateControl.Factory(CONTROL_FRAMES_PER_SECOND));
    // Consoles are WebSockets over HTTP/1.1 everywhere, as on the Unix socket.
    http2.setConnectProtocolEnabled(false);
    var alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(HttpVersion.HTTP_1_1.asString());
    var connector =
        new GuardedConnector(
            server,
            connections,
            new SslConnectionFactory(ssl, alpn.getProtocol()),
            alpn,
            http2,
            new HttpConnectionFactory(secure));
    connector.setIdleTimeout(idle.toMillis());
    connector.open(to);
    server.addConnector(connector);
    server.start();
  }

  /** Ends what goes on over TLS. */
  public void stop() throws Exception {
    changing.lock();
    try {
      closed = true;
      stopServer();
    } finally {
      changing.unlock();
    }
  }

  private void stopServer() throws Exception {
    Server running = server;
    server = null;
    if (running != null) {
      running.stop();
    }
  }

  /** Why it is not served; empty while it is, or is being got ready. */
  public Optional<Problem> failure() {
    return port.bound() == null
        ? port.trouble()
        : secrets.isCompletedExceptionally()
            ? Optional.of(ProblemException.toProblem(secrets.exceptionNow()))
            : Optional.empty();
  }

  /** Waits until it is ready. */
  public String fingerprint() {
    return await().identity().fingerprint();
  }

  public AdminToken token() {
    return await().token();
  }

  private Secrets await() {
    try {
      return secrets.join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      throw ProblemException.toProblem(cause == null ? e : cause).asException(e);
    }
  }

  /** Waits until nothing goes on any more in {@link #start}; whether that went well or not. */
  public void settle() {
    if (started) {
      var _ = secrets.handle((_, failure) -> failure == null).join();
    }
  }

  /** Lets go of the port. */
  @Override
  public void close() {
    closed = true;
    port.close();
  }
}
