package dev.kelvin.server;

import dev.kelvin.host.net.PortHolder;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.machine.Machines;
import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Layout;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.RuntimeNote;
import dev.kelvin.model.Version;
import dev.kelvin.server.http.Health;
import dev.kelvin.server.http.HttpServer;
import dev.kelvin.server.http.access.HttpSettings;
import dev.kelvin.server.local.LocalNode;
import dev.kelvin.state.store.Store;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One daemon: a node and the API in front of it. Several can live in one JVM. */
public final class Daemon implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Daemon.class.getName());

  /** How often is looked whether the local socket is still there. */
  private static final Duration LOOK = Duration.ofSeconds(2);

  /** How long a daemon that could not stop all VMs tells so before it ends. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  private final Layout layout;
  private final int uid;
  private final Instant startedAt = Instant.now();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final AtomicBoolean stopVms = new AtomicBoolean();
  private final DaemonLock lock;
  private final UnaryOperator<Store> around;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean unreachable;
  private volatile List<Problem> notStopped = List.of();
  private volatile Optional<Problem> portTrouble = Optional.empty();
  private @Nullable LocalNode node;
  private @Nullable HttpServer http;

  private Daemon(Layout layout, int uid, DaemonLock lock, UnaryOperator<Store> around) {
    this.layout = layout;
    this.uid = uid;
    this.lock = lock;
    this.around = around;
  }

  /**
   * Starts a daemon; the API answers when this returns.
   *
   * @param uid the user that this process runs as
   * @throws ProblemException when it cannot start
   */
  public static Daemon start(Layout layout, int uid) throws IOException, InterruptedException {
    return start(layout, uid, UnaryOperator.identity());
  }

  /**
   * Starts a daemon whose store passes through {@code around} first: tests of faults see every
   * write there.
   */
  public static Daemon start(Layout layout, int uid, UnaryOperator<Store> around)
      throws IOException, InterruptedException {
    makeDirectories(layout, uid);
    var daemon = new Daemon(layout, uid, DaemonLock.take(layout), around);
    try {
      daemon.open();
      return daemon;
    } catch (RuntimeException | IOException | InterruptedException e) {
      daemon.close();
      throw e;
    }
  }

  /**
   * Others may pass through what VMs have files in, since each VM runs as a user of its own; they
   * can list nothing there.
   */
  static void makeDirectories(Layout layout, int uid) throws IOException {
    make(layout.config(), "rwx------");
    for (Path directory :
        List.of(
            layout.state(),
            layout.images(),
            layout.volumes(),
            layout.state().resolve("vms"),
            layout.runtime(),
            layout.runtime().resolve("vms"))) {
      make(directory, "rwx--x--x");
    }
    make(layout.state().resolve("kept"), "rwx------");
    if (layout.isOfSession()) {
      try {
        RuntimeNote.write(layout);
      } catch (IOException e) {
        // A full disk is no reason not to start: without a daemon nothing frees it.
        LOG.log(Level.WARNING, "where the sockets are is not noted: " + e.getMessage());
      }
    }
    if (uid == 0) {
      Reach.check(layout.state());
      Reach.check(layout.runtime());
    }
  }

  private static void make(Path directory, String permissions) throws IOException {
    OwnerOnly.makeDirectory(directory, permissions);
  }

  private void open() throws IOException, InterruptedException {
    Settings settings = Settings.read(layout);
    LocalNode opened =
        LocalNode.open(
            around.apply(Stores.open(layout, settings.state())),
            new LocalNode.Surroundings(
                layout,
                uid == 0,
                Clock.systemUTC(),
                settings.images().mirrors(),
                settings.qemu().choice(System.getenv(QemuChoice.VARIABLE)),
                settings.limits().ofDocuments(),
                settings.allowedPaths(),
                (who, what) -> Optional.empty(),
                this::info,
                this::warnings,
                this::askToStop));
    node = opened;
    Settings.Listen listen = settings.listen();
    var tls =
        new HttpSettings.Tls(
            listen.address(),
            listen.firstPort(),
            listen.lastPort(),
            layout.certificate(),
            layout.certificate().resolveSibling("tls.key"),
            layout.token(),
            PortHolder::of);
    HttpServer server =
        new HttpServer(
            new HttpSettings(
                layout.socket(), uid == 0 ? Set.of(0) : Set.of(0, uid), tls, settings.limits()),
            opened.actions(),
            new NodesHealth(opened));
    http = server;
    server.start();
    String url = server.url();
    LOG.log(
        Level.INFO, "the API answers at " + layout.socket() + (url.isEmpty() ? "" : " and " + url));
    tellOfPort(server, opened);
    Thread.ofVirtual().name("begin").start(() -> begin(opened));
    Thread.ofVirtual().name("socket").start(() -> keepReachable(server, opened));
  }

  private record NodesHealth(LocalNode node) implements Health {
    @Override
    public Optional<Problem> complaint() {
      return node.health().complaint();
    }

    @Override
    public Optional<Problem> unready() {
      return node.hasResumed()
          ? Optional.empty()
          : Optional.of(
              Problem.of(Code.UNAVAILABLE, "The daemon is not ready")
                  .because("it has not gone on yet with the tasks that the last daemon left")
                  .remedy("wait a moment; if it lasts, see the daemon's log"));
    }
  }

  private static void begin(LocalNode node) {
    try {
      node.begin();
    } catch (IOException | ProblemException e) {
      LOG.log(Level.ERROR, "going on with what was under way", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks now and then whether the run-time directory is still there, and makes it anew. */
  private void keepReachable(HttpServer server, LocalNode opened) {
    try {
      while (!closing.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        mendRuntime(server);
        mendPort(server);
        tellOfPort(server, opened);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void makeRuntime(Layout layout) throws IOException {
    make(layout.runtime(), "rwx--x--x");
    make(layout.runtime().resolve("vms"), "rwx--x--x");
  }

  private void mendRuntime(HttpServer server) {
    try {
      makeRuntime(layout);
      lock.mend(layout);
      if (server.mendSocket()) {
        LOG.log(Level.WARNING, layout.socket() + " was taken away; the API answers there again");
      }
      unreachable = false;
    } catch (Exception e) {
      if (!unreachable) {
        LOG.log(Level.ERROR, "the API does not answer at " + layout.socket(), e);
      }
      unreachable = true;
    }
  }

  private void mendPort(HttpServer server) {
    try {
      if (server.mendPort()) {
        LOG.log(Level.INFO, "the API answers at " + server.url() + ", too");
      }
    } catch (Exception e) {
      LOG.log(Level.DEBUG, "the port of the API over TLS was tried again", e);
    }
  }

  /** By an event and in the log, once for each change. */
  private void tellOfPort(HttpServer server, LocalNode opened) {
    Optional<Problem> now = server.portTrouble();
    Optional<Problem> before = portTrouble;
    portTrouble = now;
    // Who holds the port may change; that is not news.
    if (now.isPresent() && !now.map(Problem::detail).equals(before.map(Problem::detail))) {
      String told = now.get().oneLineWithRemedy();
      LOG.log(Level.WARNING, told);
      opened.publish("node.port-taken", told);
    } else if (now.isEmpty() && before.isPresent()) {
      opened.publish("node.port-served", "the API answers at " + server.url());
    }
  }

  private List<Problem> warnings() {
    HttpServer server = http;
    return server == null ? List.of() : server.portTrouble().stream().toList();
  }

  /** The names of the kinds of tasks that this daemon carries out. */
  public List<String> taskTypes() {
    LocalNode opened = node;
    return opened == null ? List.of() : opened.taskTypes();
  }

  private void askToStop(boolean alsoVms) {
    stopVms.set(alsoVms);
    asked.countDown();
  }

  /** Waits until somebody asks the daemon to end, and shuts the VMs down if that was asked. */
  public void awaitEnd() throws InterruptedException, IOException {
    asked.await();
    LocalNode opened = node;
    if (stopVms.get() && opened != null) {
      notStopped = opened.shutDownVms();
      if (!notStopped.isEmpty()) {
        // Whoever asked follows it in what the daemon says of itself, until it has ended.
        var _ = closing.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
  }

  private NodeInfo info(
      Machines machines,
      @Nullable HostFacts facts,
      List<String> damaged,
      Optional<Problem> shortage) {
    HttpServer server = http;
    return new NodeInfo(
        Version.NUMBER,
        hostName(),
        ProcessHandle.current().pid(),
        layout.home().toString(),
        layout.socket().toString(),
        server == null ? "" : server.url(),
        server == null ? "" : fingerprint(server),
        facts == null ? "" : facts.defaultAccelerator(),
        facts == null ? "" : facts.qemuVersion(),
        machines.count(),
        machines.running(),
        damaged,
        machines.unknown(),
        shortage.map(Problem::oneLine).orElse(null),
        notStopped.stream().map(Problem::oneLine).toList(),
        warnings(),
        startedAt);
  }

  /** Empty when the API is not served over TLS; why not is in the log and in {@code /healthz}. */
  private static String fingerprint(HttpServer server) {
    try {
      return server.fingerprint();
    } catch (ProblemException e) {
      LOG.log(Level.DEBUG, "asked for the certificate", e);
      return "";
    }
  }

  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "reading the host's name", e);
      return InetAddress.getLoopbackAddress().getHostName();
    }
  }

  /** Ends the daemon. The VMs go on. */
  @Override
  public void close() throws IOException {
    closing.countDown();
    HttpServer server = http;
    http = null;
    if (server != null) {
      server.close();
    }
    LocalNode opened = node;
    node = null;
    if (opened != null) {
      opened.close();
    }
    lock.close();
  }
}
