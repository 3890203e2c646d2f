package dev.kelvin.host.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Families of Linux distributions, by their package manager. */
public enum Distribution {
  /** Debian, Ubuntu and what descends from them. */
  DEBIAN("debian ubuntu", "apt-get install --yes --no-install-recommends"),
  /** Fedora, Red Hat Enterprise Linux and its rebuilds. */
  FEDORA("fedora rhel centos", "dnf install --assumeyes"),
  /** SUSE Linux Enterprise and openSUSE. */
  SUSE("suse opensuse sles", "zypper --non-interactive install --no-recommends"),
  /** Arch Linux and what descends from it. */
  ARCH("arch", "pacman --sync --noconfirm --needed");

  private final String ids;
  private final String install;

  Distribution(String ids, String install) {
    this.ids = ids;
    this.install = install;
  }

  /** The family of this host; empty when Kelvin does not know it. */
  public static Optional<Distribution> current() {
    return at(Path.of("/"));
  }

  /** The family of the system whose files are below {@code root}, by os-release(5). */
  static Optional<Distribution> at(Path root) {
    Map<String, String> release = new HashMap<>();
    for (String file : List.of("usr/lib/os-release", "etc/os-release")) {
      release.putAll(assignments(root.resolve(file)));
    }
    String like = release.getOrDefault("ID", "") + " " + release.getOrDefault("ID_LIKE", "");
    List<String> words = List.of(like.strip().split("\\s+", -1));
    return Stream.of(values()).filter(family -> words.stream().anyMatch(family::has)).findFirst();
  }

  private boolean has(String word) {
    return Stream.of(ids.split(" ")).anyMatch(id -> word.equals(id) || word.startsWith(id + "-"));
  }

  private static Map<String, String> assignments(Path file) {
    try {
      var values = new HashMap<String, String>();
      for (String line : Files.readAllLines(file)) {
        int equals = line.indexOf('=');
        if (equals > 0 && !line.startsWith("#")) {
          values.put(
              line.substring(0, equals),
              line.substring(equals + 1).replaceAll("^[\"']|[\"']$", ""));
        }
      }
      return values;
    } catch (IOException e) {
      // os-release(5): either file may be missing.
      return Map.of();
    }
  }

  /** The program that installs packages. */
  public String manager() {
    return install.substring(0, install.indexOf(' '));
  }

  /** The command that installs these packages without asking. */
  public List<String> installCommand(List<String> packages) {
    return Stream.concat(Stream.of(install.split(" ")), packages.stream()).toList();
  }
}
