package dev.kelvin.qemu.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * Files of Debian's packages, without installing them. They are kept in a cache directory of the
 * user; on a host that cannot get them the test is skipped.
 */
public final class DebianPackages {
  /** What Debian's lists are signed with. */
  private static final String KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

  /**
   * Options by which apt looks at the packages of another architecture, with lists of its own: the
   * host's package system neither knows nor keeps anything of it.
   */
  private final List<String> options;

  private DebianPackages(List<String> options) {
    this.options = options;
  }

  /** Those of this host's architecture. */
  public static DebianPackages own() {
    return new DebianPackages(List.of());
  }

  /**
   * Those of another architecture.
   *
   * @param debian its name for Debian, such as {@code arm64}
   */
  static DebianPackages of(String debian, Path lists) throws IOException, InterruptedException {
    return withLists(lists, "APT::Architecture=" + debian, "APT::Architectures=" + debian);
  }

  /**
   * Those that the host's release of Debian has as backports, whether or not the host takes them.
   */
  static DebianPackages backports(Path lists) throws IOException, InterruptedException {
    String codename = codename();
    String known =
        own()
            .apt(
                lists,
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI)",
                "Created-By: Packages",
                "Codename: " + codename);
    String mirror = known.lines().findFirst().orElse("http://deb.debian.org/debian/");
    Path sources = lists.resolve("sources.list");
    Files.writeString(
        sources, "deb [signed-by=%s] %s %s-backports main%n".formatted(KEYS, mirror, codename));
    return withLists(lists, "Dir::Etc::sourcelist=" + sources, "Dir::Etc::sourceparts=-");
  }

  private static String codename() throws IOException {
    List<String> release = Files.readAllLines(Path.of("/etc/os-release"));
    if (!release.contains("ID=debian")) {
      throw skip("the host is no Debian");
    }
    return release.stream()
        .filter(line -> line.startsWith("VERSION_CODENAME="))
        .map(line -> line.substring(line.indexOf('=') + 1))
        .findFirst()
        .orElseThrow(() -> skip("the host's Debian has no name"));
  }

  private static DebianPackages withLists(Path lists, String... more)
      throws IOException, InterruptedException {
    for (String directory : List.of("state/lists/partial", "cache/archives/partial")) {
      Files.createDirectories(lists.resolve(directory));
    }
    var options = new ArrayList<String>();
    for (String option :
        List.of(
            "APT::Sandbox::User=root",
            "Dir::State=" + lists.resolve("state"),
            "Dir::Cache=" + lists.resolve("cache"),
            "Dir::State::status=/dev/null")) {
      options.addAll(List.of("-o", option));
    }
    for (String option : more) {
      options.addAll(List.of("-o", option));
    }
    var packages = new DebianPackages(List.copyOf(options));
    try {
      packages.apt(lists, "apt-get", "update", "-q");
    } catch (TestAbortedException e) {
      // A mirror in the middle of its synchronization lacks one list of several. What is then
      // missing is found, and the test skipped, when a package is wanted.
      System.getLogger(DebianPackages.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "some lists of packages are missing: {0}",
              e.getMessage());
    }
    return packages;
  }

  private String apt(Path directory, String... command) throws IOException, InterruptedException {
    var words = new ArrayList<>(List.of(command));
    words.addAll(1, options);
    return run(directory, words);
  }

  /** What one directory of the cache is made of. */
  public interface Maker {
    /** Puts files into {@code work}. */
    void make(Path work) throws IOException, InterruptedException;
  }

  /** The program {@code path} of a package. */
  public static Path file(String packageName, String path)
      throws IOException, InterruptedException {
    Path directory = cached(packageName, work -> own().unpack(work, List.of(packageName), work));
    return directory.resolve(path);
  }

  /**
   * The file {@code path} of a package of another architecture.
   *
   * @param debian Debian's name of the architecture, such as {@code arm64}
   */
  public static Path file(String debian, String packageName, String path)
      throws IOException, InterruptedException {
    Path directory =
        cached(
            debian + "-" + packageName,
            work -> {
              Path lists = work.resolve("apt");
              of(debian, lists).unpack(work, List.of(packageName), work);
              deleteTree(lists);
            });
    return directory.resolve(path);
  }

  /** Where all that is kept is. */
  static Path cache() {
    String home = System.getProperty("user.home") + "/.cache";
    return Path.of(System.getenv().getOrDefault("XDG_CACHE_HOME", home)).resolve("kelvin-testkit");
  }

  /** A directory of the cache; {@code maker} fills it when it is not there. */
  public static Path cached(String name, Maker maker) throws IOException, InterruptedException {
    Path directory = cache().resolve(name);
    if (!Files.exists(directory)) {
      Files.createDirectories(directory.getParent());
      Path work = Files.createTempDirectory(directory.getParent(), "making-");
      try {
        maker.make(work);
        // Two tests may make the same; the first one's stays.
        if (!Files.exists(directory)) {
          Files.move(work, directory);
        }
      } finally {
        deleteTree(work);
      }
    }
    return directory;
  }

  /** Fetches packages and unpacks them all into {@code root}. */
  void unpack(Path work, List<String> names, Path root) throws IOException, InterruptedException {
    for (String name : names) {
      apt(work, "apt-get", "download", "-q", name);
    }
    try (Stream<Path> files = Files.list(work)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".deb")).toList()) {
        run(work, List.of("dpkg-deb", "-x", file.toString(), root.toString()));
        Files.delete(file);
      }
    }
  }

  /** The version of a package that apt would take. */
  String version(String name) throws IOException, InterruptedException {
    return apt(Path.of("/"), "apt-cache", "policy", name)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Candidate: ") && !line.endsWith("(none)"))
        .map(line -> line.substring("Candidate: ".length()))
        .findFirst()
        .orElseThrow(() -> skip("apt knows no package " + name));
  }

  /** The package that a package without files of its own stands for. */
  public String dependency(String metaPackage, String prefix)
      throws IOException, InterruptedException {
    return apt(Path.of("/"), "apt-cache", "depends", metaPackage)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Depends: " + prefix))
        .map(line -> line.substring("Depends: ".length()))
        .findFirst()
        .orElseThrow(() -> skip("apt knows no package " + metaPackage));
  }

  private static String run(Path directory, List<String> command)
      throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw skip(command.getFirst() + " is not here: " + e.getMessage());
    }
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw skip(String.join(" ", command) + " failed: " + output.strip());
      }
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  private static TestAbortedException skip(String reason) {
    return new TestAbortedException("no Debian packages on this host: " + reason);
  }

  public static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    var paths = new ArrayList<Path>();
    try (Stream<Path> all = Files.walk(directory)) {
      all.forEach(paths::add);
    }
    for (Path path : paths.reversed()) {
      Files.delete(path);
    }
  }
}
