package dev.kelvin.image;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a guest's files have the owners that they have in the guest. For root that is the host; for
 * others a user namespace of mmdebstrap, in which the guest's users are the caller's subordinate
 * ids.
 */
public final class Namespace {
  private static final System.Logger LOG = System.getLogger(Namespace.class.getName());

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** In the work directory of an ordinary user: a link to the tree. */
  private static final String LINK = "tree.link";

  private static final List<String> APART =
      List.of(
          "unshare",
          "--mount",
          "--ipc",
          "--uts",
          "--cgroup",
          "--pid",
          "--fork",
          "--kill-child",
          "--mount-proc");

  private final Commands commands;
  private final boolean root;

  public Namespace(Commands commands, boolean root) {
    this.commands = commands;
    this.root = root;
  }

  /** That of the daemon's user. */
  public static Namespace current(Commands commands) {
    return new Namespace(commands, isRoot());
  }

  public static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean root() {
    return root;
  }

  /** mmdebstrap's name of it. */
  public String mode() {
    return root ? "root" : "unshare";
  }

  /**
   * Words that go before those of a program of root's: it has no other processes, mounts, messages
   * and names than its own, and all that it starts and mounts is gone with it. None where this host
   * does not give namespaces; mmdebstrap makes its own for an ordinary user.
   */
  public List<String> apart() throws InterruptedException {
    if (!root || Programs.find(APART.getFirst()).isEmpty()) {
      return List.of();
    }
    List<String> probe = new ArrayList<>(APART);
    probe.add("true");
    var tried = commands.run(Command.of(probe));
    if (!tried.ok()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "mmdebstrap runs without namespaces of its own: {0}",
          tried.stderr().strip());
      return List.of();
    }
    return APART;
  }

  /**
   * Makes the directory for the guest's files. The subordinate ids of an ordinary user cannot pass
   * through that user's private directories, so that theirs is in /var/tmp; the work directory has
   * a link to it, by which it is found again after a crash.
   */
  public Path makeTree(Path workDir) throws IOException {
    if (root) {
      return Files.createDirectory(workDir.resolve("tree"));
    }
    Path outer = Files.createTempDirectory(Path.of("/var/tmp"), "kelvin-build-");
    Files.createSymbolicLink(workDir.resolve(LINK), outer);
    Files.setPosixFilePermissions(outer, PosixFilePermissions.fromString("rwx--x--x"));
    return Files.createDirectory(outer.resolve("tree"));
  }

  /** Deletes the guest's files; when there are none, that is what was wanted. */
  public void removeTree(Path workDir) throws IOException, InterruptedException {
    Path tree = workDir.resolve("tree");
    Path link = workDir.resolve(LINK);
    if (Files.isSymbolicLink(link)) {
      Path outer = Files.readSymbolicLink(link);
      remove(outer.resolve("tree"));
      Files.deleteIfExists(outer);
      Files.deleteIfExists(link);
    } else {
      remove(tree);
    }
  }

  /** The content belongs to the namespace, the directory's own name to the daemon. */
  private void remove(Path tree) throws IOException, InterruptedException {
    if (!Files.isDirectory(tree)) {
      return;
    }
    try {
      Files.delete(tree);
    } catch (DirectoryNotEmptyException | AccessDeniedException e) {
      run(List.of("find", tree.toString(), "-xdev", "-mindepth", "1", "-delete"), Map.of(), null);
      Files.delete(tree);
    }
  }

  /**
   * Runs a program there.
   *
   * @param output a file that it may write to as standard input; in a user namespace the daemon's
   *     own files can be reached in no other way
   * @throws dev.kelvin.model.ProblemException host-failure when it fails
   */
  public void run(List<String> argv, Map<String, String> environment, @Nullable Path output)
      throws InterruptedException {
    List<String> all = new ArrayList<>();
    if (output != null) {
      all.addAll(List.of("sh", "-c", "file=$1; shift; exec \"$@\" 0<>\"$file\"", "sh"));
      all.add(output.toString());
    }
    if (!root) {
      all.addAll(List.of("mmdebstrap", "--unshare-helper"));
    }
    all.addAll(argv);
    var result = commands.run(Command.of(all).timeout(PATIENCE).environment(environment));
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "The image cannot be built")
          .on(argv.getFirst())
          .because(result.lastError())
          .remedy("check the room on the file system of Kelvin's state")
          .asException();
    }
  }
}
