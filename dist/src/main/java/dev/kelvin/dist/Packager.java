package dev.kelvin.dist;

import dev.kelvin.cli.Manual;
import dev.kelvin.cli.command.CompletionCommand;
import dev.kelvin.cli.command.CompletionCommand.Shell;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Makes the Debian package: the program as {@link Assembler} puts it together, with a Java runtime
 * of its own and AOT caches made by that runtime, in a tree that {@code dpkg-deb} packs.
 *
 * <p>The caches are made in the tree and used at {@link #INSTALLED}. A cache is good wherever all
 * of its jars have moved to together, as long as each keeps its size and its time of modification,
 * which dpkg sees to.
 */
public final class Packager {
  /** Where the program is on the host that the package is installed on. */
  static final Path INSTALLED = Path.of("/usr/lib/kelvin");

  /** Where a gzip file says how hard it was packed, and what it says there (RFC 1952, XFL). */
  private static final int EXTRA_FLAGS = 8;

  private static final byte SMALLEST = 2;

  private final Path work;
  private final Path tree;

  /**
   * @param work a directory that is made anew
   */
  Packager(Path work) {
    this.work = work;
    this.tree = work.resolve("tree");
  }

  /**
   * Called by the build.
   *
   * @param args the directory to work in, the package to write, its version, the directory with the
   *     documents, files with the class paths of the CLI, the daemon and the etcd store, and the
   *     jar with this class
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 8) {
      throw new IllegalArgumentException(
          "usage: Packager WORK PACKAGE VERSION DOCUMENTS CLI DAEMON ETCD OWN-JAR");
    }
    var parts =
        Assembler.Parts.read(
            Path.of(args[4]), Path.of(args[5]), Path.of(args[6]), Path.of(args[7]));
    try {
      new Packager(Path.of(args[0]).toAbsolutePath())
          .make(parts, args[2], Path.of(args[3]), Path.of(args[1]).toAbsolutePath());
    } catch (IllegalStateException e) {
      System.err.println("dist: " + e.getMessage());
      System.exit(1);
    }
  }

  /**
   * @param version Debian's form of it
   * @param target the package; replaced when it is there
   */
  void make(Assembler.Parts parts, String version, Path documents, Path target)
      throws IOException, InterruptedException {
    deleteTree(work);
    Path home = in(INSTALLED);
    Files.createDirectories(home);
    JavaRuntime.make(parts.jars(), home.resolve("runtime"));
    new Assembler(home, home.resolve("runtime"), work.resolve("renewed"), INSTALLED)
        .assemble(parts);
    // For the source tree's launcher only.
    Files.delete(home.resolve("built"));
    resource("launcher", "/usr/bin/kelvin", "rwxr-xr-x");
    for (String unit : List.of("kelvin.service", "kelvin-guests.service", "kelvin.slice")) {
      resource(unit, "/usr/lib/systemd/system/" + unit, "rw-r--r--");
    }
    completion();
    manual();
    documents(documents, version);
    for (String script : List.of("postinst", "prerm", "postrm")) {
      resource(script, "/DEBIAN/" + script, "rwxr-xr-x");
    }
    Path control = in(Path.of("/DEBIAN/control"));
    Files.writeString(control, DebianControl.text(version, tree));
    pack(target);
  }

  /** Where Debian's packages of the shells look for what other packages have. */
  private void completion() throws IOException {
    var places =
        Map.of(
            Shell.BASH, "/usr/share/bash-completion/completions/kelvin",
            Shell.ZSH, "/usr/share/zsh/vendor-completions/_kelvin",
            Shell.FISH, "/usr/share/fish/vendor_completions.d/kelvin.fish");
    for (var place : places.entrySet()) {
      byte[] script = CompletionCommand.script(place.getKey()).getBytes(StandardCharsets.UTF_8);
      file(Path.of(place.getValue()), script, "rw-r--r--");
    }
  }

  private void manual() throws IOException {
    var pages = new Manual(LocalDate.now(ZoneOffset.UTC).toString()).pages();
    for (var page : pages.entrySet()) {
      byte[] text = gzip(page.getValue().getBytes(StandardCharsets.UTF_8));
      file(Path.of("/usr/share/man/man1", page.getKey() + ".gz"), text, "rw-r--r--");
    }
  }

  private void documents(Path documents, String version) throws IOException {
    Path place = Path.of("/usr/share/doc/kelvin");
    resource("copyright", place.resolve("copyright").toString(), "rw-r--r--");
    resource("lintian-overrides", "/usr/share/lintian/overrides/kelvin", "rw-r--r--");
    String own = DebianControl.changelog(version, ZonedDateTime.now(ZoneOffset.UTC));
    file(
        place.resolve("changelog.Debian.gz"),
        gzip(own.getBytes(StandardCharsets.UTF_8)),
        "rw-r--r--");
    try (Stream<Path> pages = Files.list(documents)) {
      for (Path page : pages.filter(file -> file.toString().endsWith(".md")).sorted().toList()) {
        file(place.resolve(page.getFileName()), Files.readAllBytes(page), "rw-r--r--");
      }
    }
    Path changes = documents.resolveSibling("CHANGELOG.md");
    file(place.resolve("changelog.gz"), gzip(Files.readAllBytes(changes)), "rw-r--r--");
  }

  /** The place in the tree of what is installed at {@code path}. */
  private Path in(Path path) {
    return tree.resolve(Path.of("/").relativize(path));
  }

  private void resource(String name, String path, String permissions) throws IOException {
    try (InputStream in = Packager.class.getResourceAsStream("debian/" + name)) {
      byte[] content =
          Optional.ofNullable(in)
              .orElseThrow(() -> new IllegalStateException("no resource debian/" + name))
              .readAllBytes();
      file(Path.of(path), content, permissions);
    }
  }

  private void file(Path path, byte[] content, String permissions) throws IOException {
    Path file = in(path);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  /** As {@code gzip -9n} would: without name and time, so the same content is the same file. */
  private static byte[] gzip(byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new SmallGzip(bytes)) {
      out.write(content);
    }
    byte[] packed = bytes.toByteArray();
    packed[EXTRA_FLAGS] = SMALLEST;
    return packed;
  }

  /** What Debian wants of changelogs and manual pages (Policy 12.1, 12.7). */
  private static final class SmallGzip extends GZIPOutputStream {
    SmallGzip(OutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }

  private void pack(Path target) throws IOException, InterruptedException {
    normalise();
    Path log = work.resolve("dpkg-deb.log");
    // The jars and the caches are most of it: zlib's best takes a tenth of xz's time for a fifth
    // more of space, and every dpkg reads it.
    var builder =
        new ProcessBuilder(
                "dpkg-deb",
                "--root-owner-group",
                "-Zgzip",
                "--build",
                tree.toString(),
                target.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    int code = builder.start().waitFor();
    if (code != 0) {
      String said = Files.readString(log, StandardCharsets.UTF_8);
      throw new IllegalStateException("dpkg-deb ended with " + code + ":\n" + said);
    }
    System.out.printf("dist: packed %s, %d MiB%n", target, Files.size(target) >> 20);
  }

  /** Whatever the umask of who builds it: everybody may read, and run what can be run. */
  private void normalise() throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.filter(file -> !Files.isSymbolicLink(file)).toList()) {
        boolean runs = Files.isDirectory(file) || Files.isExecutable(file);
        Files.setPosixFilePermissions(
            file, PosixFilePermissions.fromString(runs ? "rwxr-xr-x" : "rw-r--r--"));
      }
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (Files.exists(root)) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
