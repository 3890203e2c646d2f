package dev.kelvin.host.qemu;

import dev.kelvin.host.process.Users;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether a program may be executed that somebody has named, and not a package installed. */
final class ProgramTrust {
  /** Of a directory in which each user can only touch what is his own (S_ISVTX of inode(7)). */
  private static final int STICKY = 01000;

  /** As many as the kernel follows (path_resolution(7)). */
  private static final int MOST_LINKS = 40;

  private ProgramTrust() {}

  /**
   * Why it may not; empty when it may.
   *
   * @param others whether users of VMs execute it, too
   */
  static Optional<String> objection(Path program, boolean others) {
    try {
      Path real = program.toRealPath();
      if (!Files.isRegularFile(real)) {
        return Optional.of(real + " is no file");
      }
      if (!Files.isExecutable(real)) {
        return Optional.of(real + " cannot be executed");
      }
      for (Path step : steps(program, real)) {
        Optional<String> why = writable(step);
        if (why.isEmpty() && others) {
          why = closed(step, step.equals(real));
        }
        if (why.isPresent()) {
          return why;
        }
      }
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.of("there is no file " + program);
    } catch (IOException e) {
      return Optional.of("it cannot be looked at: " + e);
    }
  }

  /** The file and all that leads there, by its name, by the links that it is, and by no link. */
  private static Set<Path> steps(Path program, Path real) throws IOException {
    var steps = new LinkedHashSet<Path>();
    Path named = program.toAbsolutePath().normalize();
    for (int links = 0; links < MOST_LINKS; links++) {
      addWithParents(steps, named);
      if (!Files.isSymbolicLink(named)) {
        break;
      }
      named = named.resolveSibling(Files.readSymbolicLink(named)).normalize();
    }
    addWithParents(steps, real);
    return steps;
  }

  private static void addWithParents(Set<Path> steps, Path file) {
    for (@Nullable Path at = file; at != null; at = at.getParent()) {
      steps.add(at);
    }
  }

  /** Whoever can write it, or what it lies in, would decide what the daemon executes. */
  private static Optional<String> writable(Path at) throws IOException {
    int owner = (Integer) Files.getAttribute(at, "unix:uid");
    int group = (Integer) Files.getAttribute(at, "unix:gid");
    int mode = (Integer) Files.getAttribute(at, "unix:mode");
    int own = Users.effectiveUid();
    Set<PosixFilePermission> may = Files.getPosixFilePermissions(at);
    if (owner != 0 && owner != own) {
      return Optional.of("user " + owner + ", who is neither root nor the daemon's, has " + at);
    }
    if (Files.isDirectory(at) && (mode & STICKY) != 0) {
      return Optional.empty();
    }
    if (may.contains(PosixFilePermission.OTHERS_WRITE)) {
      return Optional.of("everybody can write " + at);
    }
    // The group of the same number is a user's own.
    boolean strangers = group != 0 && group != own;
    return strangers && may.contains(PosixFilePermission.GROUP_WRITE)
        ? Optional.of("the group " + group + " can write " + at)
        : Optional.empty();
  }

  private static Optional<String> closed(Path at, boolean program) throws IOException {
    Set<PosixFilePermission> may = Files.getPosixFilePermissions(at);
    boolean open =
        may.contains(PosixFilePermission.OTHERS_EXECUTE)
            && (!program || may.contains(PosixFilePermission.OTHERS_READ));
    return open
        ? Optional.empty()
        : Optional.of("each VM runs as a user of its own, and " + at + " is closed to others");
  }
}
