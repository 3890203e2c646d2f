package dev.kelvin.it.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The source tree. */
record Repository(Path root) {
  private static final Set<String> FOREIGN = Set.of(".git", "target", "node_modules");

  /** The tree that the tests run in: the nearest directory upwards that has {@code ./dev}. */
  static Repository here() {
    Path start = Path.of("").toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("dev")) && Files.isRegularFile(at.resolve("pom.xml"))) {
        return new Repository(at);
      }
    }
    throw new IllegalStateException("There is no source tree at or above " + start);
  }

  /** The directories that have a POM of their own. */
  List<String> modules() {
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(entry -> Files.isRegularFile(entry.resolve("pom.xml")))
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All files but those that are built, fetched or git's. */
  List<Path> files() {
    var found = new ArrayList<Path>();
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(
                Path directory, BasicFileAttributes attributes) {
              boolean foreign = FOREIGN.contains(directory.getFileName().toString());
              return foreign ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              found.add(file);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found.stream().sorted().toList();
  }

  /** All Java sources, parsed. */
  List<Source> sources() {
    return Source.parse(
        root, files().stream().filter(file -> file.toString().endsWith(".java")).toList());
  }

  /**
   * Where the compiled classes of all modules are.
   *
   * @throws IllegalStateException when a module that has sources has not been compiled
   */
  List<Path> classes() {
    return modules().stream()
        .filter(module -> Files.isDirectory(root.resolve(module).resolve("src/main/java")))
        .map(this::classes)
        .toList();
  }

  private Path classes(String module) {
    Path classes = root.resolve(module).resolve("target/classes");
    if (!Files.isDirectory(classes)) {
      throw new IllegalStateException(module + " is not compiled; run ./dev lint");
    }
    return classes;
  }
}
