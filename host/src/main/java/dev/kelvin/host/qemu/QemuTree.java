package dev.kelvin.host.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directories that a QEMU lies in, as its packages or its build have laid them out.
 *
 * @param prefix the one with its {@code bin}
 */
record QemuTree(Path prefix) {
  private static final System.Logger LOG = System.getLogger(QemuTree.class.getName());

  /** That of a program, wherever links to it are. */
  static QemuTree of(Path binary) {
    Path directory;
    try {
      directory = binary.toRealPath().getParent();
    } catch (IOException e) {
      throw new UncheckedIOException(binary + " was there", e);
    }
    Path prefix = directory == null ? null : directory.getParent();
    return new QemuTree(prefix == null ? Path.of("/") : prefix);
  }

  /**
   * The directories of its data that it does not search by itself.
   *
   * @param searched those that it does
   */
  List<String> data(List<Path> searched) {
    return searched.stream()
        .map(Path::normalize)
        .filter(directory -> !directory.startsWith(prefix))
        .map(this::own)
        .flatMap(Optional::stream)
        .map(Path::toString)
        .toList();
  }

  /** The one in this tree for one elsewhere: it has the longest of its ends. */
  private Optional<Path> own(Path elsewhere) {
    int names = elsewhere.getNameCount();
    for (int from = 0; from < names - 1; from++) {
      Path candidate = prefix.resolve(elsewhere.subpath(from, names));
      if (Files.isDirectory(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** The directories that may have its modules: {@code lib/qemu}, or with an architecture. */
  List<Path> modules() {
    var found = new ArrayList<Path>();
    for (String name : List.of("lib", "lib64")) {
      Path libraries = prefix.resolve(name);
      found.add(libraries.resolve("qemu"));
      try (Stream<Path> below = Files.list(libraries)) {
        below.sorted().map(one -> one.resolve("qemu")).forEach(found::add);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "{0} is not listed: {1}", libraries, e);
      }
    }
    return found.stream().filter(Files::isDirectory).toList();
  }
}
