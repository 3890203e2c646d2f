package dev.kelvin.server;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which paths of the host documents of VMs may name.
 *
 * @param roots directories, with all that is beneath, and files; none where the list is empty.
 *     Null, which is refused, where it was left out: it would be a guess whether that is all or
 *     nothing
 */
record HostPathSettings(@Nullable List<String> roots) {
  private static final int MOST = 1000;

  /**
   * The paths that follow.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument, for roots that are not said, that
   *     are more than 1,000, or no plain absolute paths
   */
  HostPaths allowed() {
    if (roots == null) {
      throw bad(
              "hostPaths.roots",
              "hostPaths is there, and its roots are not",
              "list them; write \"roots: []\" for no path, or leave hostPaths out for every one")
          .asException();
    }
    if (roots.size() > MOST) {
      throw bad(
              "hostPaths.roots",
              "there are " + roots.size() + ", at most " + MOST + " are read",
              "list directories above them")
          .asException();
    }
    var paths = new ArrayList<Path>();
    for (int i = 0; i < roots.size(); i++) {
      paths.add(path(roots.get(i), "hostPaths.roots[" + i + "]"));
    }
    return HostPaths.beneath(paths);
  }

  private static Path path(@Nullable String root, String field) {
    if (root == null) {
      throw badPath(field, "it is empty").asException();
    }
    try {
      Path path = Path.of(root);
      boolean control = root.chars().anyMatch(Character::isISOControl);
      if (control || !path.isAbsolute() || !path.normalize().equals(path)) {
        throw badPath(field, "\"" + root + "\" is not absolute, or has . or .. in it")
            .asException();
      }
      return path;
    } catch (InvalidPathException e) {
      throw badPath(field, "it is not a path: " + e.getReason()).asException(e);
    }
  }

  private static Problem badPath(String field, String cause) {
    return bad(field, cause, "write the path of a directory or file from / on: /srv/kelvin");
  }

  private static Problem bad(String field, String cause, String remedy) {
    return Problem.of(Code.INVALID_ARGUMENT, "The allowed paths of the host cannot be used")
        .at(field)
        .because(cause)
        .remedy(remedy);
  }
}
