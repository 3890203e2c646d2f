package dev.kelvin.host.cell;

import dev.kelvin.host.cell.Confinement.Device;
import dev.kelvin.host.cell.Confinement.Empty;
import dev.kelvin.host.cell.Confinement.Held;
import dev.kelvin.host.cell.Confinement.Later;
import dev.kelvin.host.cell.Confinement.Program;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.ReadWrite;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Confinement.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The root directory of a cell: a small file system in memory with the names of what is there, and
 * on each a mount of the thing itself. It is gone with the last process that has it.
 */
final class CellRoot implements AutoCloseable {
  /** Whose place the new root takes; nobody else sees what is mounted there. */
  private static final String PLACE = "/proc";

  private static final String OLD = "/old";
  private static final Path PROC = Path.of("/proc");

  /** Where the processes are while {@link #PROC} has something of the kernel's, too. */
  private static final Path PROCESSES = PROC.resolve("processes");

  /** Links of /proc, to be made where that is no file system of the kernel's. */
  private static final List<String> OWN = List.of("self", "thread-self");

  /** Links of the usual root directory that programs are found through. */
  private static final List<String> LINKS = List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64");

  /** Names, and nothing else; the files are mounts. */
  private static final String SIZE = "size=256k,nr_inodes=1024,mode=755";

  private static final long PLAIN = Calls.MS_NOSUID | Calls.MS_NODEV;

  private final Calls calls;

  /** Mounts that are in no tree yet, of what has no name any more once the root is there. */
  private final Map<View, Long> taken = new HashMap<>();

  CellRoot(Calls calls) {
    this.calls = calls;
  }

  /**
   * Takes what can be had in the daemon's own mount namespace only: what is held by a descriptor,
   * and what is in /proc.
   */
  void take(List<View> views) throws IOException {
    for (View view : views) {
      switch (view) {
        case Held(long descriptor, _, boolean writable) -> {
          long tree = calls.detached(descriptor);
          taken.put(view, tree);
          calls.restrict(tree, PLAIN | Calls.MS_NOEXEC | (writable ? 0 : Calls.MS_RDONLY));
        }
        case ReadOnly(Path path) when path.startsWith(PROC) -> {
          long tree = calls.detached(path.toString());
          taken.put(view, tree);
          calls.restrict(tree, PLAIN | Calls.MS_NOEXEC | Calls.MS_RDONLY);
        }
        case ReadOnly _, Program _, ReadWrite _, Workplace _, Device _, Later _, Empty _ -> {}
      }
    }
  }

  /** What was taken is held no longer; what was mounted stays. */
  @Override
  public void close() {
    for (long tree : taken.values()) {
      calls.close(tree);
    }
    taken.clear();
  }

  /** Makes it that of the calling thread, which has a mount namespace of its own. */
  void enter(List<View> views) throws IOException {
    calls.mount(null, "/", null, Calls.MS_REC | Calls.MS_PRIVATE, null);
    calls.mount("cell", PLACE, "tmpfs", PLAIN | Calls.MS_NOEXEC, SIZE);
    for (String link : LINKS) {
      if (Files.isSymbolicLink(Path.of(link))) {
        real(Path.of(link));
      }
    }
    Files.createDirectory(inside(Path.of(OLD)));
    directories(inside(PROC));
    for (View view : views) {
      show(view);
    }
    calls.pivot(PLACE, OLD);
    Files.delete(Path.of(OLD));
    // Of processes it shows those of the same user only; nothing of the kernel's settings.
    calls.mount(
        "proc",
        processes().toString(),
        "proc",
        PLAIN | Calls.MS_NOEXEC,
        "subset=pid,hidepid=invisible");
    for (View view : views) {
      if (view instanceof Later) {
        return;
      }
    }
    // Nobody puts anything there later on.
    calls.mount(
        null,
        "/",
        null,
        Calls.MS_BIND | Calls.MS_REMOUNT | PLAIN | Calls.MS_NOEXEC | Calls.MS_RDONLY,
        null);
  }

  /** Makes the place for the processes; by their usual names they are there in any case. */
  private Path processes() throws IOException {
    boolean plain = true;
    for (View view : taken.keySet()) {
      plain &= !view.path().startsWith(PROC);
    }
    if (plain) {
      return PROC;
    }
    directories(PROCESSES);
    for (String name : OWN) {
      Files.createSymbolicLink(PROC.resolve(name), PROCESSES.resolve(name));
    }
    return PROCESSES;
  }

  private void show(View view) throws IOException {
    Long tree = taken.get(view);
    if (tree != null) {
      place(inside(view.path()), view instanceof Held);
      calls.attach(tree, inside(view.path()).toString());
      return;
    }
    switch (view) {
      case Held _ -> throw new IllegalStateException("it was not taken before");
      case Empty _ -> directories(inside(real(view.path())));
      case ReadOnly _, Program _ -> bind(view.path(), PLAIN | Calls.MS_RDONLY);
      case ReadWrite _, Workplace _ -> bind(view.path(), PLAIN | Calls.MS_NOEXEC);
      case Device _ -> bind(view.path(), Calls.MS_NOSUID | Calls.MS_NOEXEC);
      case Later _ -> directories(inside(real(view.path())));
    }
  }

  private void bind(Path source, long flags) throws IOException {
    if (!Files.exists(source)) {
      throw new NoSuchFileException(source + ", which the process needs,");
    }
    Path target = inside(real(source));
    place(target, Files.isDirectory(source));
    calls.bind(source.toString(), target.toString(), flags);
  }

  /**
   * The path without links. Each link on the way is made in the cell, too: so the name that it is
   * known by leads there.
   */
  private static Path real(Path path) throws IOException {
    Path real = path.getRoot();
    for (Path name : path) {
      Path next = real.resolve(name);
      if (Files.isSymbolicLink(next)) {
        Path leads = next.toRealPath();
        directories(inside(real));
        if (!Files.isSymbolicLink(inside(next))) {
          Files.createSymbolicLink(inside(next), leads);
        }
        next = leads;
      }
      real = next;
    }
    return real;
  }

  private static Path inside(Path real) {
    return Path.of(PLACE + real);
  }

  /** Makes something to mount on, where there is nothing yet. */
  static void place(Path target, boolean directory) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (directory) {
      directories(target);
    } else {
      directories(parent(target));
      Files.createFile(target);
    }
  }

  /** Makes a directory that everybody may pass, and those above it, whatever the umask. */
  private static void directories(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    directories(parent(path));
    Files.createDirectory(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent(), "the root is always there");
  }
}
