package dev.kelvin.host.cell;

import dev.kelvin.host.kernel.Numbers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * Puts a thread into a cell. What the thread starts then is born there: namespaces, users,
 * capabilities, Landlock's rules and filters of system calls are those of a thread (clone(2)), so
 * no other program is needed to make a cell, and the daemon around the thread stays as it is.
 *
 * <p>The thread must be a platform thread that does nothing else and ends right after: it has
 * another root directory and another user, and can start no further thread (a thread cannot be in
 * another PID namespace than its process).
 */
public final class Cell {
  private final Confinement confinement;

  /**
   * @param confinement with those walls only that this host has ({@link CellSupport})
   */
  public Cell(Confinement confinement) {
    this.confinement = confinement;
  }

  /** The flag of unshare(2) for a wall that is a namespace; 0 for others. */
  private static long namespace(Layer layer) {
    return switch (layer) {
      case ROOT -> Calls.CLONE_NEWNS;
      case CGROUP -> 0x02000000;
      case UTS -> 0x04000000;
      case IPC -> 0x08000000;
      case PID -> 0x20000000;
      case NETWORK -> 0x40000000;
      case USER, CAPABILITIES, NO_NEW_PRIVILEGES, LANDLOCK, SECCOMP, LIMITS -> 0;
    };
  }

  /** Gives the calling thread a namespace of its own. */
  static void unshare(Calls calls, Layer layer) throws IOException {
    calls.call("unshare " + layer.wire(), Numbers.UNSHARE, namespace(layer));
  }

  /**
   * Shuts the calling thread into the cell.
   *
   * @param directory where it is then
   * @throws IOException when the kernel refuses a part; the thread is of no use then
   */
  public void enter(Path directory) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      var calls = new Calls(arena);
      var rights = new Rights(calls);
      try (var root = new CellRoot(calls)) {
        if (confinement.has(Layer.ROOT)) {
          root.take(confinement.views());
        }
        for (Layer layer : Layer.values()) {
          if (confinement.has(layer) && namespace(layer) != 0) {
            unshare(calls, layer);
          }
        }
        if (confinement.has(Layer.ROOT)) {
          root.enter(confinement.views());
        } else {
          calls.ownDirectories();
        }
      }
      // A user of its own may not be able to pass what is above.
      calls.changeDirectory(directory.toString());
      if (confinement.has(Layer.LANDLOCK) && Landlock.bears(calls, confinement.views())) {
        try (var rules = new Landlock(calls, confinement.network())) {
          rules.allow(confinement.views());
          rules.allowToRead(Path.of("/proc"));
          giveUp(rights);
          rules.restrict();
        }
      } else {
        giveUp(rights);
      }
      if (confinement.has(Layer.SECCOMP)) {
        SyscallFilter.install(calls, confinement);
      }
    }
  }

  private void giveUp(Rights rights) throws IOException {
    long kept = 0;
    for (Capability one : confinement.kept()) {
      kept |= one.bit();
    }
    if (confinement.has(Layer.CAPABILITIES)) {
      rights.forbidCapabilities(kept);
    }
    Confinement.Identity user = confinement.user();
    if (confinement.has(Layer.USER) && user != null) {
      rights.become(user);
    }
    if (confinement.has(Layer.CAPABILITIES)) {
      rights.dropCapabilities(kept);
    }
    if (confinement.has(Layer.NO_NEW_PRIVILEGES)) {
      rights.noNewPrivileges();
    }
  }
}
