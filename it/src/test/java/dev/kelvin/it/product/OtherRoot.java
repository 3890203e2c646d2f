package dev.kelvin.it.product;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A system like this host's that can be changed without changing the host: an overlay file system
 * above its root, in namespaces of their own for mounts, processes and the network. Closing it ends
 * every process in it, with which its mounts and files are gone.
 */
final class OtherRoot implements AutoCloseable {
  private static final Duration LIFE = Duration.ofMinutes(20);
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  private final Path directory;
  private final Path merged;
  private final Process unshare;
  private final long first;

  private OtherRoot(Path directory, Process unshare, long first) {
    this.directory = directory;
    this.merged = directory.resolve("root");
    this.unshare = unshare;
    this.first = first;
  }

  /** Skips the test where such a thing cannot be made, with the reason. */
  static OtherRoot make() throws IOException, InterruptedException {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "only root can make another root");
    assumeTrue(
        Files.readString(Path.of("/proc/filesystems")).contains("overlay"),
        "the kernel has no overlay file system");
    Path directory = Files.createTempDirectory("kelvin-root-");
    Process unshare =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "--pid",
                "--net",
                "--uts",
                "--ipc",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                // The first process is to reap what others leave to it.
                "sleep " + LIFE.toSeconds() + " & wait")
            .inheritIO()
            .start();
    Await.until(
        "the namespaces are there",
        Duration.ofSeconds(20),
        () -> unshare.toHandle().children().findFirst().isPresent());
    long first = unshare.toHandle().children().findFirst().orElseThrow().pid();
    var root = new OtherRoot(directory, unshare, first);
    try {
      root.mount();
      return root;
    } catch (RuntimeException | IOException | InterruptedException | AssertionError e) {
      root.close();
      throw e;
    }
  }

  private void mount() throws IOException, InterruptedException {
    String merged = this.merged.toString();
    outside("mount", "-t", "tmpfs", "tmpfs", directory.toString());
    outside("mkdir", directory + "/upper", directory + "/work", merged);
    String layers = "lowerdir=/,upperdir=" + directory + "/upper,workdir=" + directory + "/work";
    Ran overlay = enter(List.of("mount", "-t", "overlay", "overlay", "-o", layers, merged));
    assumeTrue(overlay.exitCode() == 0, "no overlay above the host's root: " + overlay.output());
    outside("mount", "-t", "proc", "proc", merged + "/proc");
    outside("mount", "--rbind", "/sys", merged + "/sys");
    outside("mount", "--rbind", "/dev", merged + "/dev");
    outside("mount", "-t", "tmpfs", "tmpfs", merged + "/run");
    outside("mount", "-t", "tmpfs", "tmpfs", merged + "/tmp");
  }

  /** What a program has printed and how it ended. */
  record Ran(int exitCode, String output) {
    /** What it has printed; an error unless it ended well. */
    String ok() {
      if (exitCode != 0) {
        throw new AssertionError("exit code " + exitCode + ": " + output);
      }
      return output;
    }
  }

  /** Runs a program in the other root, as root, in a bare environment. */
  Ran run(String... command) throws IOException, InterruptedException {
    var all = new ArrayList<>(List.of("chroot", merged.toString(), "env", "-i"));
    all.add("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    all.addAll(List.of("HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"));
    all.addAll(List.of(command));
    return enter(all);
  }

  private void outside(String... command) throws IOException, InterruptedException {
    enter(List.of(command)).ok();
  }

  /** Runs a program in the namespaces. */
  private Ran enter(List<String> command) throws IOException, InterruptedException {
    var all =
        new ArrayList<>(
            List.of(
                "nsenter",
                "--target",
                String.valueOf(first),
                "--mount",
                "--pid",
                "--net",
                "--uts",
                "--ipc",
                "--wd=/"));
    all.addAll(command);
    Path output = Files.createTempFile("kelvin-root-", ".txt");
    try {
      Process process =
          new ProcessBuilder(all)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("it hangs: " + command + "\n" + Files.readString(output));
      }
      return new Ran(process.exitValue(), Files.readString(output));
    } finally {
      Files.delete(output);
    }
  }

  /** The file that has this path in the other root. */
  Path file(String path) {
    return Path.of("/proc/" + first + "/root" + merged + path);
  }

  /** Every file below some directories. */
  Set<String> files(String... directories) throws IOException {
    var found = new TreeSet<String>();
    Path base = file("");
    for (String directory : directories) {
      if (Files.exists(file(directory))) {
        try (Stream<Path> files = Files.walk(file(directory))) {
          files
              .filter(file -> !Files.isDirectory(file))
              .forEach(file -> found.add("/" + base.relativize(file)));
        }
      }
    }
    return found;
  }

  /** What was made or changed in the other root's file system, but for its /run and /tmp. */
  Set<String> changed() throws IOException {
    var found = new TreeSet<String>();
    Path upper = Path.of("/proc/" + first + "/root" + directory + "/upper");
    try (Stream<Path> files = Files.walk(upper)) {
      files
          .filter(file -> !Files.isDirectory(file))
          .forEach(file -> found.add("/" + upper.relativize(file)));
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    // The first process of the namespace takes all others, and the mounts, with it.
    unshare.descendants().forEach(ProcessHandle::destroyForcibly);
    unshare.destroyForcibly();
    unshare.onExit().join();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
