package dev.kelvin.host.cell;

import dev.kelvin.host.kernel.Numbers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Which walls this daemon can build here, proved by building each once around a thread that ends
 * right after. A container, a service manager or an old kernel can take any of them away.
 *
 * @param missing why each of the others cannot be built, for people
 */
public record CellSupport(Map<Layer, String> missing) {
  /** An id that nobody has: who has it could signal the thread that tries it. */
  private static final int NOBODY = 2_147_400_000;

  /** Of each way to mount something one: a container may allow some of them only. */
  private static final List<Confinement.View> MOUNTED =
      List.of(
          new Confinement.ReadOnly(Path.of(System.getProperty("java.home"))),
          new Confinement.Device(Path.of("/dev/null")),
          new Confinement.Empty(Path.of("/empty")));

  /**
   * All classes are loaded that a thread in a cell uses: from there the directories of classes
   * cannot be reached.
   */
  private static final List<Confinement.View> EACH_KIND =
      List.of(
          new Confinement.ReadOnly(Path.of("/")),
          new Confinement.Program(Path.of("/proc/self/exe")),
          new Confinement.ReadWrite(Path.of("/dev/null")),
          new Confinement.Workplace(Path.of("/")),
          new Confinement.Device(Path.of("/dev/null")),
          new Confinement.Later(Path.of("/"), true),
          new Confinement.Empty(Path.of("/")),
          new Confinement.Held(-1, Path.of("/"), true));

  public CellSupport {
    var all = new EnumMap<Layer, String>(Layer.class);
    all.putAll(missing);
    missing = Collections.unmodifiableMap(all);
  }

  /** A part of a cell that is tried. */
  @FunctionalInterface
  private interface Attempt {
    void with(Calls calls) throws IOException;
  }

  /** Tries all; it takes some milliseconds. */
  public static CellSupport ofHost() {
    var missing = new EnumMap<Layer, String>(Layer.class);
    for (Layer layer : Layer.values()) {
      String why = tried(attempt(layer));
      if (!why.isEmpty()) {
        missing.put(layer, why);
      }
    }
    return new CellSupport(missing);
  }

  /** As {@link #ofHost}, tried from now on beside whatever the caller does. */
  public static Supplier<CellSupport> inBackground() {
    return CompletableFuture.supplyAsync(CellSupport::ofHost, Thread::startVirtualThread)::join;
  }

  /** The walls that can be built. */
  public Set<Layer> possible() {
    var possible = EnumSet.allOf(Layer.class);
    possible.removeAll(missing.keySet());
    return possible;
  }

  private static Attempt attempt(Layer layer) {
    return switch (layer) {
      case ROOT ->
          calls -> {
            try (var root = new CellRoot(calls)) {
              root.take(MOUNTED);
              Cell.unshare(calls, Layer.ROOT);
              root.enter(MOUNTED);
            }
          };
      case PID, IPC, UTS, CGROUP, NETWORK -> calls -> Cell.unshare(calls, layer);
      case USER -> calls -> new Rights(calls).become(new Confinement.Identity(NOBODY, List.of()));
      case CAPABILITIES ->
          calls -> {
            new Rights(calls).forbidCapabilities(Capability.CHOWN.bit());
            new Rights(calls).dropCapabilities(0);
          };
      case NO_NEW_PRIVILEGES -> calls -> new Rights(calls).noNewPrivileges();
      case LANDLOCK ->
          calls -> {
            new Rights(calls).noNewPrivileges();
            try (var rules = new Landlock(calls, true)) {
              rules.allow(EACH_KIND);
              Landlock.bears(calls, EACH_KIND);
              rules.restrict();
            }
          };
      case SECCOMP ->
          calls -> {
            new Rights(calls).noNewPrivileges();
            SyscallFilter.install(calls, Confinement.none());
          };
      case LIMITS -> calls -> calls.call("prlimit", Numbers.PRLIMIT, 0, 0, 0, 0);
    };
  }

  /** Why something cannot be done; empty when it can. */
  private static String tried(Attempt attempt) {
    try {
      return Confined.run(
          "cell-probe",
          () -> {
            try (Arena arena = Arena.ofConfined()) {
              attempt.with(new Calls(arena));
              return "";
            } catch (IOException | RuntimeException | Error e) {
              return String.valueOf(e.getMessage());
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("walls cannot be tried", e);
    }
  }
}
