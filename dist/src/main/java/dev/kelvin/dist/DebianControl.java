package dev.kelvin.dist;

import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.program.Requirements.Purpose;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The {@code control} file of the Debian package (Debian Policy 5.3). */
final class DebianControl {
  private static final String DATE = "EEE, dd MMM yyyy HH:mm:ss Z";
  private static final Pattern GLIBC = Pattern.compile("GLIBC_(2(?:\\.\\d+)+)\\b");

  private static final String MAINTAINER = "Kelvin <kelvin@localhost>";

  /** Essential: every Debian has it, and packages do not name it (Debian Policy 3.5). */
  private static final String ESSENTIAL = "util-linux";

  private DebianControl() {}

  /** The changelog of the packaging (Debian Policy 4.4). */
  static String changelog(String version, ZonedDateTime time) {
    return """
    kelvin (%s) unstable; urgency=medium

      * What changed is in changelog.gz.

     -- %s  %s
    """
        .formatted(
            version, MAINTAINER, time.format(DateTimeFormatter.ofPattern(DATE, Locale.ROOT)));
  }

  /**
   * @param version Debian's form of it: {@code 0.1.0-1}
   * @param tree what the package installs
   */
  static String text(String version, Path tree) throws IOException {
    return """
    Package: kelvin
    Version: %s
    Architecture: %s
    Maintainer: %s
    Installed-Size: %d
    Section: admin
    Priority: optional
    Pre-Depends: init-system-helpers (>= 1.54~)
    Depends: %s
    Recommends: %s
    Suggests: %s
    Description: virtual machines on this host, with QEMU and KVM
     Kelvin turns a Linux host into a hypervisor: a daemon with an API, and a
     command line with which "kelvin run debian" makes a VM and boots it. VMs are
     processes of their own, which outlive the daemon and its upgrades.
    """
        .formatted(
            version,
            architecture(),
            MAINTAINER,
            kibibytes(tree),
            String.join(", ", depends(tree)),
            String.join(", ", packages(Relation.RECOMMENDS)),
            String.join(", ", suggests()));
  }

  /** As Debian calls the architecture of this machine, for which the runtime is. */
  static String architecture() {
    String name = System.getProperty("os.arch");
    return name.equals("aarch64") ? "arm64" : name;
  }

  private static List<String> depends(Path tree) throws IOException {
    var all = new ArrayList<String>();
    all.add("libc6 (>= " + glibc(tree) + ")");
    List<String> others =
        packages(Relation.DEPENDS).stream().filter(name -> !name.equals(ESSENTIAL)).toList();
    for (String name : others) {
      // The oldest QEMU that Kelvin is tested with.
      all.add(name.equals("qemu-system-x86") ? name + " (>= 1:7.2)" : name);
    }
    return all;
  }

  private static List<String> suggests() {
    var all = new ArrayList<>(packages(Relation.SUGGESTS));
    all.removeAll(packages(Relation.DEPENDS));
    return all;
  }

  /** How strongly the package wants another (Debian Policy 7.2). */
  private enum Relation {
    DEPENDS,
    RECOMMENDS,
    SUGGESTS
  }

  private static Relation relation(Purpose purpose) {
    return switch (purpose) {
      case RUN, IMAGES -> Relation.DEPENDS;
      case SHIELD, BUILD, REACH, EXTRAS -> Relation.RECOMMENDS;
      case USER_BUILD, FOREIGN -> Relation.SUGGESTS;
    };
  }

  private static List<String> packages(Relation relation) {
    return Requirements.packages(
        Distribution.DEBIAN,
        Requirements.all().stream().filter(one -> relation(one.purpose()) == relation).toList());
  }

  /** The newest glibc that native code in here wants, by the names of symbol versions in it. */
  static String glibc(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      List<Path> native_ =
          files
              .filter(file -> file.toString().matches(".*(\\.so|/bin/[^/]+|/jspawnhelper)"))
              .filter(Files::isRegularFile)
              .toList();
      var versions = new ArrayList<Runtime.Version>();
      for (Path file : native_) {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        GLIBC
            .matcher(text)
            .results()
            .map(m -> Runtime.Version.parse(m.group(1)))
            .forEach(versions::add);
      }
      return versions.stream()
          .max(Comparator.naturalOrder())
          .map(Runtime.Version::toString)
          .orElseThrow(() -> new IllegalStateException("no native code below " + tree));
    }
  }

  private static long kibibytes(Path tree) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes / 1024;
  }
}
