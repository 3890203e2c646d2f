package dev.kelvin.etcd;

import dev.kelvin.state.store.StoreEngine.Place;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** A member of a real etcd on the loopback interface. Closing it leaves no process. */
public final class EtcdServer implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/bin/etcd");
  private static final Duration START = Duration.ofSeconds(30);

  /** How a member is to be run. */
  record Setup(String name, Path data, int clientPort, int peerPort, String cluster, Tls tls) {
    String clientUrl() {
      return (tls.ca() == null ? "http" : "https") + "://127.0.0.1:" + clientPort;
    }

    String peerUrl() {
      return "http://127.0.0.1:" + peerPort;
    }
  }

  /** What a member shows to clients, and whom it lets in; nulls for no TLS. */
  record Tls(@Nullable Path ca, @Nullable Path certificate, @Nullable Path key, boolean demanded) {
    static final Tls NONE = new Tls(null, null, null, false);

    /** With which clients show certificates, too. */
    Tls(@Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
      this(ca, certificate, key, true);
    }
  }

  private final Setup setup;
  private final Path log;
  private int logged;
  private Process process;

  private EtcdServer(Setup setup) throws IOException {
    this.setup = setup;
    this.log = setup.data().resolveSibling(setup.name() + ".log");
    this.process = launch();
  }

  /**
   * What a daemon has in its configuration that keeps its state here.
   *
   * @param prefix of its keys
   */
  public String configuration(String prefix) {
    return "state: {engine: etcd, endpoints: [\"%s\"], prefix: %s, allowUnauthenticated: true}\n"
        .formatted(endpoint(), prefix);
  }

  /** Skips the test where there is no etcd. */
  public static void assume() {
    Assumptions.assumeTrue(
        Files.isExecutable(PROGRAM), "there is no etcd: apt-get install etcd-server");
  }

  /** A cluster of one, ready to answer. */
  public static EtcdServer start(Path directory) throws IOException {
    return start(directory, Tls.NONE);
  }

  static EtcdServer start(Path directory, Tls tls) throws IOException {
    assume();
    int[] ports = freePorts(2);
    String cluster = "one=http://127.0.0.1:" + ports[1];
    var server =
        new EtcdServer(
            new Setup("one", directory.resolve("one"), ports[0], ports[1], cluster, tls));
    server.awaitReady();
    return server;
  }

  /** Three members that know each other, ready to answer. */
  static List<EtcdServer> startThree(Path directory) throws IOException {
    assume();
    int[] ports = freePorts(6);
    var names = new ArrayList<String>();
    for (int i = 0; i < 3; i++) {
      names.add("m" + i + "=http://127.0.0.1:" + ports[2 * i + 1]);
    }
    var servers = new ArrayList<EtcdServer>();
    try {
      for (int i = 0; i < 3; i++) {
        servers.add(
            new EtcdServer(
                new Setup(
                    "m" + i,
                    directory.resolve("m" + i),
                    ports[2 * i],
                    ports[2 * i + 1],
                    String.join(",", names),
                    Tls.NONE)));
      }
      for (EtcdServer server : servers) {
        server.awaitReady();
      }
      return servers;
    } catch (IOException | RuntimeException | Error e) {
      servers.forEach(EtcdServer::close);
      throw e;
    }
  }

  private static int[] freePorts(int count) throws IOException {
    var sockets = new ArrayList<ServerSocket>();
    int[] ports = new int[count];
    try {
      for (int i = 0; i < count; i++) {
        var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        ports[i] = socket.getLocalPort();
      }
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
    return ports;
  }

  private Process launch() throws IOException {
    logged = Files.exists(log) ? Files.readString(log).length() : 0;
    var command =
        new ArrayList<>(
            List.of(
                PROGRAM.toString(),
                "--name=" + setup.name(),
                "--data-dir=" + setup.data(),
                "--listen-client-urls=" + setup.clientUrl(),
                "--advertise-client-urls=" + setup.clientUrl(),
                "--listen-peer-urls=" + setup.peerUrl(),
                "--initial-advertise-peer-urls=" + setup.peerUrl(),
                "--initial-cluster=" + setup.cluster(),
                "--heartbeat-interval=50",
                "--election-timeout=500",
                "--log-level=info",
                "--logger=zap"));
    if (setup.tls().ca() != null) {
      if (setup.tls().demanded()) {
        command.add("--client-cert-auth");
        command.add("--trusted-ca-file=" + setup.tls().ca());
      }
      command.add("--cert-file=" + setup.tls().certificate());
      command.add("--key-file=" + setup.tls().key());
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /** It listens long before it answers: that takes an election, also of one. */
  private void awaitReady() throws IOException {
    long deadline = System.nanoTime() + START.toNanos();
    while (!said().contains("serving client traffic")) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IOException("etcd does not start: " + said());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  /** What it has logged since it was started. */
  private String said() throws IOException {
    return Files.readString(log).substring(logged);
  }

  public String endpoint() {
    return setup.clientUrl();
  }

  /** Where a store of this server alone is. */
  public Place place(String prefix) {
    return new Place(List.of(endpoint()), null, null, null, prefix);
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** SIGSTOP or SIGCONT. */
  void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    if (kill.onExit().join().exitValue() != 0) {
      throw new IOException("kill -" + name + " failed");
    }
  }

  public void restart() throws IOException {
    process = launch();
    awaitReady();
  }

  @Override
  public void close() {
    kill();
  }
}
