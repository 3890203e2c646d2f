package dev.kelvin.host.cell;

import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.kernel.Numbers;
import dev.kelvin.host.process.ProcessId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The root directory of a process that runs: files are put there and taken away, as a device is
 * plugged in and out. A process that has the host's own root sees them anyway.
 */
public final class LiveCell {
  private static final System.Logger LOG = System.getLogger(LiveCell.class.getName());
  private final ProcessId process;

  public LiveCell(ProcessId process) {
    this.process = process;
  }

  /** Something that is done with the process's root directory as one's own. */
  @FunctionalInterface
  private interface Work {
    void in(Calls calls) throws IOException;
  }

  /**
   * Whether the process has a root directory of its own. A daemon that may not even see it has not
   * built one.
   */
  public boolean hasRoot() throws IOException {
    try {
      return !Files.readSymbolicLink(mounts()).equals(Files.readSymbolicLink(own()));
    } catch (AccessDeniedException e) {
      LOG.log(System.Logger.Level.DEBUG, "it has the root of the daemon: {0}", e.getMessage());
      return false;
    }
  }

  private Path mounts() {
    return Path.of("/proc", Long.toString(process.pid()), "ns", "mnt");
  }

  private static Path own() {
    return Path.of("/proc/self/ns/mnt");
  }

  /**
   * Puts files there, by the names that they have outside.
   *
   * @throws IOException when the process is gone, or the kernel refuses it; none is there then that
   *     was not before
   */
  public void show(List<View> views) throws IOException {
    if (hasRoot()) {
      inside(calls -> {
        var trees = new ArrayList<Long>();
        try {
          for (View view : views) {
            trees.add(calls.detached(view.path().toRealPath().toString()));
          }
          enter(calls);
          for (int i = 0; i < views.size(); i++) {
            put(calls, views.get(i), trees.get(i));
          }
        } finally {
          for (long tree : trees) {
            calls.close(tree);
          }
        }
      });
    }
  }

  /**
   * Puts one in its place, and takes away what is there of an earlier file of that name: QEMU would
   * go on writing to that one, which is deleted.
   */
  private static void put(Calls calls, View view, long tree) throws IOException {
    Path target = view.path();
    if (isMounted(target)) {
      if (identity(target).equals(identity(Path.of("/proc/self/fd", Long.toString(tree))))) {
        return; // It is below another disk, perhaps.
      }
      calls.unmount(target.toString());
    }
    CellRoot.place(target, false);
    calls.attach(tree, target.toString());
    long flags =
        Calls.MS_NOSUID
            | Calls.MS_NODEV
            | Calls.MS_NOEXEC
            | (view instanceof ReadOnly ? Calls.MS_RDONLY : 0);
    try {
      calls.mount(null, target.toString(), null, Calls.MS_BIND | Calls.MS_REMOUNT | flags, null);
    } catch (IOException e) {
      // As it is, the process could write to it.
      calls.unmount(target.toString());
      throw e;
    }
  }

  /** Whether a file of another file system is at a name, and not the place for one. */
  private static boolean isMounted(Path target) throws IOException {
    return Files.exists(target, LinkOption.NOFOLLOW_LINKS)
        && !Files.getAttribute(target, "unix:dev")
            .equals(Files.getAttribute(target.resolveSibling("."), "unix:dev"));
  }

  private static List<Object> identity(Path path) throws IOException {
    return List.of(Files.getAttribute(path, "unix:dev"), Files.getAttribute(path, "unix:ino"));
  }

  /** Takes files away; what the process has open it keeps. One that is not there is no failure. */
  public void hide(List<Path> paths) throws IOException {
    if (hasRoot()) {
      inside(calls -> {
        enter(calls);
        for (Path path : paths) {
          if (isMounted(path)) {
            calls.unmount(path.toString());
            Files.delete(path);
          }
        }
      });
    }
  }

  /** Moves the calling thread into the process's mount namespace, and to its root directory. */
  private void enter(Calls calls) throws IOException {
    var pinned = calls.open(mounts().toString());
    if (!pinned.ok()) {
      throw new IOException("the cell of process " + process.pid() + ": " + pinned.error());
    }
    try {
      if (process.gone()) { // its number may be another's by now
        throw new IOException("process " + process.pid() + " has ended");
      }
      calls.ownDirectories();
      calls.call("setns", Numbers.SETNS, pinned.value(), Calls.CLONE_NEWNS);
    } finally {
      calls.close(pinned.value());
    }
  }

  private static void inside(Work work) throws IOException {
    Confined.run(
        "cell-work",
        () -> {
          try (Arena arena = Arena.ofConfined()) {
            work.in(new Calls(arena));
            return true;
          }
        });
  }
}
