package dev.kelvin.model;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where one daemon keeps its files.
 *
 * @param home {@code KELVIN_HOME}, or {@code /} when the system's directories are used
 * @param config {@code kelvin.yaml}, TLS key and certificate, administrator's token
 * @param state the store, volumes, images
 * @param runtime sockets and process ids; gone after a restart of the host
 */
public record Layout(Path home, Path config, Path state, Path runtime) {
  /**
   * A Unix socket's path has at most 107 bytes (unix(7)); the longest one below {@link #runtime}
   * has 40 of its own.
   */
  public static final int MAX_RUNTIME_LENGTH = 66;

  /**
   * The directories for a user with this environment: those below {@code KELVIN_HOME} when it is
   * set; else the system's for root and the XDG base directories for others.
   *
   * @throws ProblemException invalid-argument when sockets below them would have too long a path
   */
  public static Layout resolve(Map<String, String> environment, boolean root) {
    String home = environment.getOrDefault("KELVIN_HOME", "");
    Layout layout;
    if (!home.isEmpty()) {
      Path base = Path.of(home).toAbsolutePath().normalize();
      layout = new Layout(base, base.resolve("etc"), base.resolve("var"), base.resolve("run"));
    } else if (root) {
      layout =
          new Layout(
              Path.of("/"),
              Path.of("/etc/kelvin"),
              Path.of("/var/lib/kelvin"),
              Path.of("/run/kelvin"));
    } else {
      layout = xdg(environment);
    }
    byte[] runtime = layout.runtime.toString().getBytes(StandardCharsets.UTF_8);
    if (runtime.length > MAX_RUNTIME_LENGTH) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The path of the run-time directory is too long")
          .on(layout.runtime.toString())
          .because(
              "Unix sockets have paths of at most 107 bytes, which leaves "
                  + MAX_RUNTIME_LENGTH
                  + " for the directory")
          .remedy("set KELVIN_HOME to a shorter path")
          .asException();
    }
    return layout;
  }

  private static Layout xdg(Map<String, String> environment) {
    Path user = Path.of(environment.getOrDefault("HOME", "/"));
    Path config =
        Path.of(environment.getOrDefault("XDG_CONFIG_HOME", user.resolve(".config").toString()));
    Path state =
        Path.of(environment.getOrDefault("XDG_DATA_HOME", user.resolve(".local/share").toString()));
    Path runtime =
        Path.of(
            environment.getOrDefault(
                "XDG_RUNTIME_DIR", user.resolve(".local/state/run").toString()));
    return new Layout(
        Path.of("/"), config.resolve("kelvin"), state.resolve("kelvin"), runtime.resolve("kelvin"));
  }

  /** The local API's socket. */
  public Path socket() {
    return runtime.resolve("api.sock");
  }

  /** Holds the pid of the daemon; locked while it runs. */
  public Path pidFile() {
    return runtime.resolve("daemon.pid");
  }

  /** Locked by whoever uses the state: a daemon, or what restores a backup; whatever the store. */
  public Path daemonLock() {
    return state.resolve("daemon.lock");
  }

  public Path daemonLog() {
    return state.resolve("daemon.log");
  }

  public Path store() {
    return state.resolve("store.db");
  }

  public Path images() {
    return state.resolve("images");
  }

  public Path volumes() {
    return state.resolve("volumes");
  }

  /** What a VM keeps while it exists, where its own user may write: NVRAM, seed, TPM. */
  public Path vmState(String id) {
    return state.resolve("vms").resolve(id);
  }

  /**
   * What is kept of a VM while it exists, where its own user may not write: its logs, and what its
   * files were made from.
   */
  public Path vmKept(String id) {
    return state.resolve("kept").resolve(id);
  }

  /** What a VM has while it runs: sockets. */
  public Path vmRuntime(String id) {
    return runtime.resolve("vms").resolve(id);
  }

  /** The secret of the administrator, for clients over TLS. */
  public Path token() {
    return config.resolve("token");
  }

  public Path certificate() {
    return config.resolve("tls.crt");
  }
}
