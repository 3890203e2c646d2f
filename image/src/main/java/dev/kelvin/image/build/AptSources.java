package dev.kelvin.image.build;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the packages of a build come from: a mirror that was named, else the one that the host
 * itself uses for the same suite, else Debian's own. The host's proxies are used too, so that a
 * build works wherever the host can install packages. None of it stays in the image.
 *
 * @param lines as in sources.list(5)
 * @param options of apt.conf(5), each as {@code Name "value"}
 */
record AptSources(List<String> lines, List<String> options) {
  private static final String DEBIAN = "http://deb.debian.org/debian";
  private static final String SECURITY = "http://deb.debian.org/debian-security";

  private static final Pattern OPTION =
      Pattern.compile(
          "(Acquire::https?::Proxy(?:::[A-Za-z0-9.-]+)?|Acquire::https?::(?:CaInfo|Verify-Peer)"
              + "|Acquire::Check-Valid-Until|Acquire::Check-Date|Acquire::Retries"
              + ") \"([^\"]+)\";");

  static AptSources find(Commands commands, String suite, @Nullable String mirror)
      throws InterruptedException {
    List<String> lines = mirror == null ? ofHost(commands, suite) : ofMirror(suite, mirror);
    var dump = commands.run(Command.of("apt-config", "dump"));
    return new AptSources(lines, dump.ok() ? options(dump.stdout()) : List.of());
  }

  static List<String> options(String dump) {
    return dump.lines()
        .map(OPTION::matcher)
        .filter(java.util.regex.Matcher::matches)
        .map(match -> match.group(1) + " \"" + match.group(2) + "\"")
        .toList();
  }

  /** A mirror usually has the security archive next to the main one. */
  static List<String> ofMirror(String suite, String mirror) {
    String base = mirror.replaceAll("/+$", "");
    String security = base.endsWith("/debian") ? base + "-security" : SECURITY;
    return lines(suite, base, security);
  }

  private static List<String> lines(String suite, String base, String security) {
    return List.of(
        "deb " + base + " " + suite + " main",
        "deb " + base + " " + suite + "-updates main",
        "deb " + security + " " + suite + "-security main");
  }

  private static List<String> ofHost(Commands commands, String suite) throws InterruptedException {
    var targets =
        commands.run(
            Command.of(
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)",
                "Created-By: Packages"));
    List<String> own = targets.ok() ? ofTargets(suite, targets.stdout()) : List.of();
    return own.isEmpty() ? lines(suite, DEBIAN, SECURITY) : own;
  }

  /**
   * The lines for those of the host's sources that are Debian's of this suite; none when its main
   * archive is not among them. Other vendors name their suites after Debian's too.
   */
  static List<String> ofTargets(String suite, String targets) {
    Set<String> wanted = Set.of(suite, suite + "-updates", suite + "-security");
    List<String> lines =
        targets
            .lines()
            .map(line -> line.strip().split(" "))
            .filter(target -> target.length == 4 && wanted.contains(target[1]))
            .filter(target -> target[2].equals("main") && isDebian(target[0], target[3]))
            .map(target -> "deb " + target[0].replaceAll("/+$", "") + " " + target[1] + " main")
            .distinct()
            .toList();
    boolean main = lines.stream().anyMatch(line -> line.endsWith(" " + suite + " main"));
    return main ? lines : List.of();
  }

  /** A host whose package lists were never fetched does not know the origin of its sources. */
  private static boolean isDebian(String uri, String origin) {
    return origin.equals("Debian")
        || (origin.startsWith("$")
            && Stream.of("/debian/", "/debian-security/").anyMatch(uri::endsWith));
  }
}
