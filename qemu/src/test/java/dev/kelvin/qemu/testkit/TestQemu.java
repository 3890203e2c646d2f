package dev.kelvin.qemu.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * The QEMUs that tests run on. The second is another version than the host's, unpacked beside it:
 * that of {@value #PROPERTY} or {@value #VARIABLE}, a folder into which its packages were unpacked,
 * or else Debian's backport, fetched once into the cache of the user. It is neither installed nor
 * does the host's package system know of it.
 */
public enum TestQemu {
  /** The one that the host has installed. */
  HOST,

  /** The one beside it; a test is skipped where there is none. */
  SECOND;

  public static final String VARIABLE = "KELVIN_TEST_QEMU10";
  public static final String PROPERTY = "kelvin.test.qemu10";

  private static final String HOST_PROGRAMS = "/usr/bin/";

  /**
   * Its modules with it: for one that it lacks it would try the installed one of the same name,
   * which is of another build, and abort.
   */
  private static final List<String> PACKAGES =
      List.of(
          "qemu-system-x86",
          "qemu-system-arm",
          "qemu-system-common",
          "qemu-system-data",
          "qemu-system-modules-opengl",
          "qemu-system-modules-spice",
          "qemu-system-gui",
          "seabios");

  /** The second one, looked for once: either where it is, or why there is none. */
  private static final class Second {
    static final Second FOUND = find();

    private final @Nullable Path root;
    private final String lack;

    private Second(@Nullable Path root, String lack) {
      this.root = root;
      this.lack = lack;
    }

    private static Second find() {
      try {
        return new Second(obtain(), "");
      } catch (IOException | TestAbortedException e) {
        return new Second(null, String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Second(null, "interrupted");
      }
    }
  }

  private static Path obtain() throws IOException, InterruptedException {
    String named = System.getProperty(PROPERTY, System.getenv(VARIABLE));
    if (named != null && !named.isEmpty()) {
      return Path.of(named);
    }
    Path kept = newest();
    return kept != null ? kept : fetch();
  }

  /** What an earlier run has fetched; null for nothing. */
  private static @Nullable Path newest() throws IOException {
    if (!Files.isDirectory(DebianPackages.cache())) {
      return null;
    }
    try (Stream<Path> kept = Files.list(DebianPackages.cache())) {
      return kept.filter(path -> path.getFileName().toString().startsWith("qemu-10"))
          .max(Path::compareTo)
          .orElse(null);
    }
  }

  private static Path fetch() throws IOException, InterruptedException {
    Path lists = Files.createTempDirectory("kelvin-apt-");
    try {
      var packages = DebianPackages.backports(lists);
      String version = packages.version(PACKAGES.getFirst());
      String name = "qemu-" + version.replaceFirst("^\\d+:", "").replaceAll("[^0-9.].*", "");
      return DebianPackages.cached(name, work -> packages.unpack(work, PACKAGES, work));
    } finally {
      DebianPackages.deleteTree(lists);
    }
  }

  /** The folder that has its {@code bin}, {@code share} and {@code lib}. */
  public Path prefix() {
    if (this == HOST) {
      return Path.of("/usr");
    }
    Path root = Second.FOUND.root;
    if (root == null) {
      throw new TestAbortedException("no second QEMU: " + Second.FOUND.lack);
    }
    return root.resolve("usr");
  }

  /**
   * The program of this name, such as {@code qemu-system-x86_64}.
   *
   * @throws TestAbortedException where there is none
   */
  public Path program(String name) {
    Path program = prefix().resolve("bin").resolve(name);
    if (!Files.isExecutable(program)) {
      throw new TestAbortedException("there is no " + program);
    }
    return program;
  }

  /** A command line of the host's QEMU as one of this, which finds its data by more words. */
  public List<String> argv(List<String> words) {
    if (this == HOST || !words.getFirst().startsWith(HOST_PROGRAMS)) {
      return words;
    }
    var argv = new ArrayList<String>();
    argv.add(program(words.getFirst().substring(HOST_PROGRAMS.length())).toString());
    for (String data : List.of("share/qemu", "share/seabios")) {
      argv.addAll(List.of("-L", prefix().resolve(data).toString()));
    }
    argv.addAll(words.subList(1, words.size()));
    return List.copyOf(argv);
  }

  /** By which it finds its modules. */
  public Map<String, String> environment() throws IOException {
    return this == HOST ? Map.of() : Map.of("QEMU_MODULE_DIR", modules().toString());
  }

  private Path modules() throws IOException {
    Predicate<Path> has = path -> Files.exists(path.resolve("ui-opengl.so"));
    try (Stream<Path> libraries = Files.walk(prefix().resolve("lib"), 2)) {
      return libraries
          .filter(has)
          .findFirst()
          .orElseThrow(() -> new TestAbortedException("no modules below " + prefix()));
    }
  }
}
