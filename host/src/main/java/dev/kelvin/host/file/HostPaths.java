package dev.kelvin.host.file;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which paths of the host documents of users may name, and the only way to what they lead to. Where
 * the administrator has listed roots, a path is resolved beneath one of them by the kernel itself,
 * and what was found is held: neither links nor directories that are swapped meanwhile lead out,
 * and nothing outside is ever looked at.
 */
public final class HostPaths {
  private final @Nullable List<Path> roots;
  private final boolean byKernel;

  private HostPaths(@Nullable List<Path> roots, boolean byKernel) {
    this.roots = roots;
    this.byKernel = byKernel;
  }

  /** Every path, with links followed wherever they lead. */
  public static HostPaths any() {
    return new HostPaths(null, true);
  }

  /**
   * Those beneath roots, and these themselves; none without roots. A root may be a file. It may
   * also be a link: whoever lists it vouches for the directories above it and for where it leads.
   *
   * @param roots absolute and normalized
   */
  public static HostPaths beneath(List<Path> roots) {
    return beneath(roots, true);
  }

  /**
   * The same.
   *
   * @param byKernel false as on a kernel without openat2(2): no link is followed beneath a root
   */
  static HostPaths beneath(List<Path> roots, boolean byKernel) {
    // The widest first: what leads out of a root within another may stay in that one.
    var sorted = new ArrayList<Path>(roots);
    sorted.sort(Comparator.comparingInt(Path::getNameCount));
    return new HostPaths(List.copyOf(sorted), byKernel);
  }

  /** Whether there are paths that are not allowed. */
  public boolean areLimited() {
    return roots != null;
  }

  /**
   * Takes hold of what a path leads to.
   *
   * @param field of the document that names it
   * @throws ProblemException forbidden when it is not allowed, whether there is anything or not
   * @throws IOException when there is nothing, or the daemon's user may not get there
   */
  public Pinned hold(String path, String field) throws IOException {
    Path wanted = Path.of(path);
    if (roots == null) {
      return Pinned.open(wanted.toRealPath());
    }
    boolean plain = wanted.isAbsolute() && wanted.normalize().equals(wanted);
    List<Path> above = roots.stream().filter(root -> plain && wanted.startsWith(root)).toList();
    @Nullable IOException missing = null;
    @Nullable HostileFileException out = null;
    for (Path root : above) {
      try {
        return hold(root, root.relativize(wanted));
      } catch (HostileFileException e) {
        out = e;
      } catch (IOException e) {
        missing = e;
      }
    }
    if (missing != null && out == null) {
      throw missing;
    }
    throw refused(roots, wanted, field, out);
  }

  private Pinned hold(Path root, Path relative) throws IOException {
    Pinned top = Pinned.open(root.toRealPath());
    if (relative.toString().isEmpty()) {
      return top;
    }
    try (top) {
      Optional<Pinned> found = byKernel ? top.beneath(relative.toString()) : Optional.empty();
      return found.isPresent() ? found.get() : top.beneathWithoutLinks(relative);
    }
  }

  private static ProblemException refused(
      List<Path> roots, Path wanted, String field, @Nullable HostileFileException out) {
    String allowed =
        roots.stream().map(Path::toString).collect(Collectors.joining(", ", "allowed are ", ""));
    String cause = roots.isEmpty() ? "no path of the host is allowed" : allowed;
    String line =
        Stream.concat(roots.stream(), Stream.of(wanted))
            .map(HostPaths::quoted)
            .collect(Collectors.joining(", ", "hostPaths: {roots: [", "]}"));
    Problem problem =
        out == null
            ? Problem.of(Code.FORBIDDEN, "Documents may not name the path " + wanted)
                .because(cause + (roots.isEmpty() ? "" : " and what is beneath"))
                .remedy(
                    "name one that is allowed, or have the administrator write \""
                        + line
                        + "\" into kelvin.yaml and start the daemon anew")
            : Problem.of(Code.FORBIDDEN, "The path " + wanted + " leads to what is not allowed")
                .because(
                    "a symbolic link on the way leads out, or the kernel (before Linux 5.6) cannot"
                        + " tell that it does not; "
                        + cause)
                .remedy(
                    "name the path without links, or have the administrator add where the link"
                        + " leads to \"hostPaths: {roots: […]}\" in kelvin.yaml and start the"
                        + " daemon anew");
    return out == null ? problem.at(field).asException() : problem.at(field).asException(out);
  }

  /** As YAML has it within a list. */
  private static String quoted(Path path) {
    String text = path.toString();
    return text.matches("[A-Za-z0-9/._-]+") ? text : "'" + text.replace("'", "''") + "'";
  }

  /**
   * Takes hold of what a path leads to in another process's view of files, which need not be the
   * daemon's.
   *
   * @param path absolute; without links, as {@link Pinned#place} tells it
   * @throws HostileFileException when there is a link in it
   */
  public static Pinned seenBy(long pid, Path path) throws IOException {
    // With something behind its name, the link of the kernel itself is followed.
    try (Pinned top = Pinned.open(Path.of("/proc", Long.toString(pid), "root/."))) {
      return top.beneathWithoutLinks(Path.of("/").relativize(path));
    }
  }
}
