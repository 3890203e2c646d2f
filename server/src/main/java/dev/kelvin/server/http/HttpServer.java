package dev.kelvin.server.http;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.http.access.Authenticator;
import dev.kelvin.server.http.access.Gate;
import dev.kelvin.server.http.access.HttpSettings;
import dev.kelvin.server.http.access.TlsEndpoint;
import dev.kelvin.server.http.answer.Encodings;
import dev.kelvin.server.http.answer.Live;
import dev.kelvin.server.http.answer.ProblemRenderer;
import dev.kelvin.server.http.answer.Responder;
import dev.kelvin.server.http.route.Router;
import dev.kelvin.server.http.route.Routes;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.HostPort;
import org.eclipse.jetty.util.thread.ExecutorThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * Serves the API on a Unix socket and over TLS. The socket answers as soon as {@link #start}
 * returns; TLS, which takes longer to set up, follows at once on its own thread, and clients that
 * connect before wait in the kernel's queue.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = System.getLogger(HttpServer.class.getName());

  private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** How long a client may keep the server waiting for the rest of a request. */
  private static final Duration IDLE = Duration.ofSeconds(60);

  /**
   * Clients that wait to be let in. Who connects without blocking, as many languages do, is refused
   * when there are more; the kernel takes no more than its somaxconn (listen(2)).
   */
  private static final int BACKLOG = 4096;

  /** A selector and the odd task of Jetty's; requests run on virtual threads. */
  private static final int PLATFORM_THREADS = 4;

  private final HttpSettings settings;
  private final Actions actions;
  private final Health health;
  private final Live live = new Live();
  private final Duration keepAlive;
  private final Duration idle;

  /** Held, because a logger that nobody holds forgets its level. */
  private final java.util.logging.Logger jetty;

  private final LocalSocket socket;
  private volatile @Nullable Server server;

  /** What listens at the local socket. */
  private volatile @Nullable UnixDomainServerConnector local;

  private volatile @Nullable TlsEndpoint tls;

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
    this.socket = new LocalSocket(settings.socket());
    this.actions = actions;
    this.health = health;
    this.keepAlive = keepAlive;
    this.idle = idle;
    this.jetty = java.util.logging.Logger.getLogger("org.eclipse.jetty");
    if (jetty.getLevel() == null) {
      // What it warns of, strangers cause: requests that are none. They are told, nobody else.
      jetty.setLevel(java.util.logging.Level.SEVERE);
    }
  }

  /**
   * Begins to serve.
   *
   * @throws ProblemException conflict when the socket is taken, host-failure when the host refuses
   */
  public void start() {
    try {
      TlsEndpoint remote = TlsEndpoint.bind(settings.tls(), settings.limits());
      tls = remote;
      Parts parts = parts(remote);
      var made = newServer("http-local");
      var configuration = configuration();
      UnixDomainServerConnector listening = listener(made, configuration);
      made.setHandler(handler(parts, new Gate.Local(settings.limits())));
      server = made;
      made.start();
      socket.publish();
      listening.setUnixDomainPath(settings.socket());
      local = listening;
      remote.start(
          configuration,
          idle,
          gate -> {
            var apart = newServer("http-tls");
            apart.setHandler(handler(parts, gate));
            return apart;
          });
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

  private UnixDomainServerConnector listener(Server made, HttpConfiguration configuration)
      throws IOException {
    var own = new HttpConfiguration(configuration);
    // For requests that name no host, as HTTP/1.0 and what is no request do. Jetty would take the
    // socket's path for one, find that it is none, and hang up.
    own.setServerAuthority(new HostPort("localhost"));
    var listening = new UnixDomainServerConnector(made, 0, 1, new HttpConnectionFactory(own));
    listening.setUnixDomainPath(socket.prepare());
    listening.setAcceptQueueSize(BACKLOG);
    listening.setIdleTimeout(idle.toMillis());
    made.addConnector(listening);
    return listening;
  }

  /**
   * Listens anew at the local socket when somebody has taken its name away: without it nobody could
   * reach this daemon, and no other could take its place. Returns whether that was needed.
   */
  public boolean mendSocket() throws Exception {
    Server running = server;
    if (running == null || socket.isInPlace()) {
      return false;
    }
    UnixDomainServerConnector before = local;
    if (before != null) {
      // Its stop deletes by its path, which may be somebody's by now.
      before.setUnixDomainPath(socket.prepare());
      before.stop();
      running.removeConnector(before);
      local = null;
    }
    UnixDomainServerConnector made = listener(running, configuration());
    try {
      made.start();
      socket.publish();
    } catch (Exception e) {
      made.stop();
      running.removeConnector(made);
      throw e;
    }
    made.setUnixDomainPath(settings.socket());
    local = made;
    return true;
  }

  /**
   * Tries again to get the port of the API over TLS when there is none. Returns whether it has come
   * up by that.
   */
  public boolean mendPort() throws Exception {
    TlsEndpoint remote = tls;
    return remote != null && remote.mend();
  }

  /** What is wrong with the port of the API over TLS; empty while it is the one that was wanted. */
  public Optional<Problem> portTrouble() {
    TlsEndpoint remote = tls;
    return remote == null ? Optional.empty() : remote.port().trouble();
  }

  /**
   * One with threads, buffers and selectors of its own. The network has another one than the local
   * socket, so that nothing that happens there keeps the administrator of the host waiting.
   */
  private static Server newServer(String name) {
    var made = new Server(threads(name));
    made.setErrorHandler(new ProblemRenderer());
    return made;
  }

  /** Jetty's usual pool would start the JMX server for a guess about the width of cache lines. */
  private static ExecutorThreadPool threads(String name) {
    var threads = new ExecutorThreadPool(PLATFORM_THREADS);
    threads.setName(name);
    threads.setReservedThreads(0);
    threads.setVirtualThreadsExecutor(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(name + "-", 0).factory()));
    return threads;
  }

  private HttpConfiguration configuration() {
    var configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setRequestHeaderSize(settings.limits().headBytes());
    // A line ends with CR LF and nothing else (RFC 9112, section 2.2, leaves it to the server).
    configuration.setHttpCompliance(HttpCompliance.STRICT);
    return configuration;
  }

  /** What both servers use. */
  private record Parts(Router router, Authenticator authenticator, Encodings encodings) {}

  private Parts parts(TlsEndpoint remote) throws IOException {
    return new Parts(
        new Router(Routes.all(() -> healthz(remote), () -> readyz(remote))),
        new Authenticator(settings.peerUids(), remote::token),
        new Encodings());
  }

  private ApiHandler handler(Parts parts, Gate gate) {
    return new ApiHandler(
        gate,
        parts.router(),
        parts.authenticator(),
        actions,
        new Responder(keepAlive, live, parts.encodings(), gate.answers()),
        new Consoles(actions, live, keepAlive, gate),
        live);
  }

  private Outcome healthz(TlsEndpoint remote) {
    Optional<Problem> complaint = remote.failure().or(health::complaint);
    if (complaint.isPresent()) {
      throw complaint.get().asException();
    }
    return new Outcome.Document(Map.of("status", "ok"), null);
  }

  private Outcome readyz(TlsEndpoint remote) {
    Optional<Problem> obstacle = health.unready();
    if (obstacle.isPresent()) {
      throw obstacle.get().asException();
    }
    return healthz(remote);
  }

  /** Where the API is over TLS, such as {@code https://127.0.0.1:8006}; empty when nowhere. */
  public String url() {
    return started().port().url();
  }

  /** The port of the API over TLS. */
  public int port() {
    return started().port().number();
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
    TlsEndpoint remote = tls;
    if (remote == null) {
      throw new IllegalStateException("the server has not been started");
    }
    return remote;
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
        remote.stop();
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
