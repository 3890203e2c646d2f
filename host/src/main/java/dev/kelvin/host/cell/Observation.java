package dev.kelvin.host.cell;

import dev.kelvin.host.process.ProcessId;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One wall of a process, as the kernel shows it now.
 *
 * @param layer the wall
 * @param state whether it stands
 * @param seen by what that was seen, for people
 */
public record Observation(Layer layer, State state, String seen) {
  /** Whether a wall stands. */
  public enum State {
    STANDS,
    MISSING,
    /** The kernel does not show it, or not to this user. */
    UNSEEN
  }

  private static final long NO_CORE = 1;

  /** Limits that a process has anyway are above these. */
  private static final long MOST_FILES = 100_000;

  private static final String NO_CAPABILITIES = "0000000000000000";

  /**
   * Looks at each wall of a process (proc_pid_status(5), namespaces(7), proc_pid_limits(5)).
   *
   * @throws IOException when it has ended, or cannot be looked at
   */
  public static List<Observation> of(ProcessId process) throws IOException {
    Path there = Path.of("/proc", Long.toString(process.pid()));
    Map<String, String> status = fields(Files.readAllLines(there.resolve("status")));
    List<String> limits = Files.readAllLines(there.resolve("limits"));
    var all = new ArrayList<Observation>();
    for (Layer layer : Layer.values()) {
      all.add(
          switch (layer) {
            case USER -> user(status);
            case ROOT -> namespace(layer, there, "mnt", mounts(there));
            case PID -> namespace(layer, there, "pid", "");
            case IPC -> namespace(layer, there, "ipc", "");
            case UTS -> namespace(layer, there, "uts", "");
            case CGROUP -> namespace(layer, there, "cgroup", "");
            case NETWORK -> namespace(layer, there, "net", "");
            case CAPABILITIES -> capabilities(status);
            case NO_NEW_PRIVILEGES ->
                of(layer, value(status, "NoNewPrivs").equals("1"), "NoNewPrivs of its status");
            // No file of /proc tells of it.
            case LANDLOCK ->
                new Observation(layer, State.UNSEEN, "the kernel does not show its rules");
            case SECCOMP -> filters(status);
            case LIMITS -> limits(limits, status);
          });
    }
    if (process.gone()) {
      throw new IOException("process " + process.pid() + " has ended");
    }
    return List.copyOf(all);
  }

  private static Observation of(Layer layer, boolean stands, String seen) {
    return new Observation(layer, stands ? State.STANDS : State.MISSING, seen);
  }

  private static Observation user(Map<String, String> status) {
    String uid = value(status, "Uid").split("\\s", 2)[0];
    return of(Layer.USER, !uid.equals("0") && !uid.equals(ownUid()), "user id " + uid);
  }

  private static String ownUid() {
    try {
      return Objects.toString(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException e) {
      return "unknown: " + e.getMessage();
    }
  }

  private static Observation namespace(Layer layer, Path there, String name, String more)
      throws IOException {
    Path its;
    try {
      its = Files.readSymbolicLink(there.resolve("ns").resolve(name));
    } catch (AccessDeniedException e) {
      // Of a process of another user, and of one of the same user that lets nobody look at it.
      return new Observation(
          layer, State.UNSEEN, "the kernel does not show its namespaces to the daemon's user");
    }
    Path own = Files.readSymbolicLink(Path.of("/proc/self/ns").resolve(name));
    boolean stands = !its.equals(own);
    return of(layer, stands, stands ? its + more : "the daemon's own");
  }

  private static String mounts(Path there) throws IOException {
    try (var lines = Files.lines(there.resolve("mountinfo"))) {
      return ", " + lines.count() + " mounts";
    }
  }

  private static Observation capabilities(Map<String, String> status) {
    boolean none =
        List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb").stream()
            .allMatch(set -> value(status, set).equals(NO_CAPABILITIES));
    String has = value(status, "CapEff");
    return of(
        Layer.CAPABILITIES,
        none,
        none
            ? "none, and none can be gained"
            : "effective " + words(has) + "; can be gained: " + words(value(status, "CapBnd")));
  }

  /** A set by the names of those that cells leave to some, or as it is. */
  private static String words(String set) {
    long rest = Long.parseUnsignedLong(set, 16);
    var words = new ArrayList<String>();
    for (Capability one : Capability.values()) {
      if ((rest & one.bit()) != 0) {
        words.add(one.word());
        rest &= ~one.bit();
      }
    }
    return rest != 0 ? set : words.isEmpty() ? "none" : String.join(" ", words);
  }

  private static Observation filters(Map<String, String> status) {
    String count = status.getOrDefault("Seccomp_filters", "");
    boolean stands = value(status, "Seccomp").equals("2");
    return of(Layer.SECCOMP, stands, stands ? count + " filters" : "no filter");
  }

  private static Observation limits(List<String> limits, Map<String, String> status) {
    long core = soft(limits, "Max core file size");
    long files = soft(limits, "Max open files");
    // The kernel does not count those of root.
    boolean root = value(status, "Uid").split("\\s", 2)[0].equals("0");
    long tasks = root ? Long.MAX_VALUE : soft(limits, "Max processes");
    return of(
        Layer.LIMITS,
        core <= NO_CORE && files <= MOST_FILES && tasks < Long.MAX_VALUE,
        "threads %s, open files %s, core dumps %s"
            .formatted(text(tasks), text(files), core <= NO_CORE ? "none" : "allowed"));
  }

  private static String text(long limit) {
    return limit == Long.MAX_VALUE ? "unlimited" : Long.toString(limit);
  }

  private static long soft(List<String> limits, String name) {
    return limits.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip().split("\\s+", 2)[0])
        .mapToLong(value -> value.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(value))
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  private static Map<String, String> fields(List<String> lines) {
    var fields = new HashMap<String, String>();
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    return fields;
  }

  private static String value(Map<String, String> fields, String name) {
    return fields.getOrDefault(name, "");
  }
}
