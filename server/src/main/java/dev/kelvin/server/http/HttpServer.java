package dev.kelvin.server.http;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Outcome;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.thread.ExecutorThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * Serves the API on a Unix socket and over TLS. The socket answers as soon as {@link #start}
 * returns; TLS, which takes longer to set up, follows at once on its own thread, and clients that
 * connect before wait in the kernel's queue.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = System.getLogger(HttpServer.class.getName());

  /** The head of a request: a path inside a guest alone can have 12 KiB when it is encoded. */
  private static final int LARGEST_HEAD_BYTES = 16 << 10;

  private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** How long a client may keep the server waiting for the rest of a request. */
  private static final Duration IDLE = Duration.ofSeconds(60);

  /** Two selectors and the odd task of Jetty's; requests run on virtual threads. */
  private static final int PLATFORM_THREADS = 5;

  private final HttpSettings settings;
  private final Actions actions;
  private final Health health;
  private final Live live = new Live();
  private final Duration keepAlive;
  private final Duration idle;

  /** Held, because a logger that nobody holds forgets its level. */
  private final java.util.logging.Logger jetty;

  private @Nullable Server server;
  private @Nullable TlsEndpoint tls;

  public HttpServer(HttpSettings settings, Actions actions, Health health) {
    this(settings, actions, health, KEEP_ALIVE, IDLE);
  }

  /**
   * One with other times.
   *
   * @param keepAlive how long nothing is sent on a stream or console before a sign of life is
   * @param idle how long nothing is received before a connection is given up
   */
  HttpServer(
      HttpSettings settings, Actions actions, Health health, Duration keepAlive, Duration idle) {
    this.settings = settings;
    this.actions = actions;
    this.health = health;
    this.keepAlive = keepAlive;
    this.idle = idle;
    this.jetty = java.util.logging.Logger.getLogger("org.eclipse.jetty");
    if (jetty.getLevel() == null) {
      // That its parts start and stop is no news, and to format the first line takes 30 ms.
      jetty.setLevel(java.util.logging.Level.WARNING);
    }
  }

  /**
   * Begins to serve.
   *
   * @throws ProblemException conflict when the socket or every port is taken, host-failure when the
   *     host refuses
   */
  public void start() {
    var socket = new LocalSocket(settings.socket());
    try {
      TlsEndpoint remote = TlsEndpoint.bind(settings.tls());
      tls = remote;
      var made = new Server(threads());
      var configuration = configuration();
      var local =
          new UnixDomainServerConnector(made, 0, 1, new HttpConnectionFactory(configuration));
      local.setUnixDomainPath(socket.prepare());
      local.setIdleTimeout(idle.toMillis());
      made.addConnector(local);
      made.setHandler(handler(remote));
      made.setErrorHandler(new ProblemRenderer());
      server = made;
      made.start();
      socket.publish();
      local.setUnixDomainPath(settings.socket());
      remote.start(made, configuration, idle);
    } catch (ProblemException e) {
      close();
      throw e;
    } catch (Exception e) {
      close();
      throw Problem.of(Code.HOST_FAILURE, "The API cannot be served")
          .on(settings.socket().toString())
          .because(e.toString())
          .remedy("check that its directory is there and that the daemon's user can write to it")
          .asException(e);
    }
  }

  /** Jetty's usual pool would start the JMX server for a guess about the width of cache lines. */
  private static ExecutorThreadPool threads() {
    var threads = new ExecutorThreadPool(PLATFORM_THREADS);
    threads.setName("http-io");
    threads.setReservedThreads(0);
    threads.setVirtualThreadsExecutor(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory()));
    return threads;
  }

  private static HttpConfiguration configuration() {
    var configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setRequestHeaderSize(LARGEST_HEAD_BYTES);
    return configuration;
  }

  private ApiHandler handler(TlsEndpoint remote) throws IOException {
    return new ApiHandler(
        new Router(Routes.all(() -> healthz(remote))),
        new Authenticator(settings.peerUids(), remote::token),
        actions,
        new Responder(keepAlive, live),
        new Consoles(actions, live, keepAlive),
        live);
  }

  private Outcome healthz(TlsEndpoint remote) {
    Optional<Problem> complaint = remote.failure().or(health::complaint);
    if (complaint.isPresent()) {
      throw complaint.get().asException();
    }
    return new Outcome.Document(Map.of("status", "ok"), null);
  }

  /** Where the API is over TLS, such as {@code https://127.0.0.1:8006}. */
  public String url() {
    return started().url();
  }

  /** The port of the API over TLS. */
  public int port() {
    return started().number();
  }

  /**
   * SHA-256 of the certificate of the API over TLS. Waits until the certificate has been read.
   *
   * @throws ProblemException when there is none
   */
  public String fingerprint() {
    return started().fingerprint();
  }

  private TlsEndpoint started() {
    if (tls == null) {
      throw new IllegalStateException("the server has not been started");
    }
    return tls;
  }

  /**
   * Ends streams and consoles, gives requests under way a moment to finish, and lets go of socket
   * and port.
   */
  @Override
  public void close() {
    Server running = server;
    server = null;
    TlsEndpoint remote = tls;
    try {
      if (running != null && remote != null) {
        remote.settle();
        live.close(PATIENCE);
        running.stop();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.log(Level.WARNING, "the HTTP server did not end cleanly", e);
    } finally {
      if (remote != null) {
        remote.close();
      }
    }
  }
}
