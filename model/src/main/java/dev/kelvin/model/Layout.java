package dev.kelvin.model;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

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

  private static final Path SYSTEMS_RUNTIME = Path.of("/run/kelvin");

  /** What the JVM puts in the place of bytes that it cannot decode. */
  private static final char NOT_DECODED = '\uFFFD';

  /**
   * The directories for a user with this environment: those below {@code KELVIN_HOME} when it is
   * set; else the system's for root and the XDG base directories for others. Of a user whose daemon
   * was started with another run-time directory, that one: see {@link RuntimeNote}.
   *
   * @throws ProblemException invalid-argument when sockets below them would have too long a path,
   *     or a path has a control character or was not decoded
   */
  public static Layout resolve(Map<String, String> environment, boolean root) {
    String home = environment.getOrDefault("KELVIN_HOME", "");
    Layout layout;
    if (!home.isEmpty()) {
      Path base = path("KELVIN_HOME", home).toAbsolutePath().normalize();
      layout = new Layout(base, base.resolve("etc"), base.resolve("var"), base.resolve("run"));
    } else if (root) {
      layout =
          new Layout(
              Path.of("/"), Path.of("/etc/kelvin"), Path.of("/var/lib/kelvin"), SYSTEMS_RUNTIME);
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

  /**
   * What is no absolute path is passed over, as the XDG base directory specification has it; so is
   * a run-time directory of somebody else, which {@code su} and {@code sudo} leave behind.
   */
  private static Layout xdg(Map<String, String> environment) {
    String home = environment.getOrDefault("HOME", "");
    // cron and units of systemd may have no HOME; the JVM knows what the user database says.
    Path user = path("HOME", home.isEmpty() ? System.getProperty("user.home", "/") : home);
    Path config = xdg(environment, "XDG_CONFIG_HOME").orElse(user.resolve(".config"));
    Path state = xdg(environment, "XDG_DATA_HOME").orElse(user.resolve(".local/share"));
    Path runtime =
        xdg(environment, "XDG_RUNTIME_DIR")
            .filter(directory -> Files.notExists(directory) || RuntimeNote.isOwn(directory))
            .orElse(user.resolve(".local/state/run"));
    Path own = runtime.resolve("kelvin");
    Path kept = state.resolve("kelvin");
    return new Layout(
        Path.of("/"), config.resolve("kelvin"), kept, RuntimeNote.read(kept).orElse(own));
  }

  private static Optional<Path> xdg(Map<String, String> environment, String name) {
    return Optional.of(environment.getOrDefault(name, ""))
        .filter(value -> value.startsWith("/"))
        .map(value -> path(name, value));
  }

  /** The path that a variable names, if programs and files can be told of it. */
  private static Path path(String variable, String value) {
    String fault = null;
    if (value.indexOf(NOT_DECODED) >= 0) {
      fault = "it is not UTF-8, or this program was started without a locale of UTF-8";
    } else if (value.chars().anyMatch(Character::isISOControl)) {
      fault = "a line break or another control character in it would be lost in logs and lists";
    }
    if (fault != null) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The path in " + variable + " cannot be used")
          .on(value.replaceAll("\\p{Cntrl}", "?"))
          .because(fault)
          .remedy("set " + variable + " to a path of letters, digits and the like")
          .asException();
    }
    return Path.of(value);
  }

  /** Whether the run-time directory is of one session of a user, who may have others without it. */
  public boolean isOfSession() {
    return !runtime.equals(home.resolve("run")) && !runtime.equals(SYSTEMS_RUNTIME);
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
