package dev.kelvin.image.bulk;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** The files that a worker's JVM opens by name: where it is there are no others. */
final class WorkerFiles {
  /** Names the native library of zstd; without, that is unpacked where a worker cannot write. */
  static final String ZSTD = "-DZstdNativePath=";

  private static final String CACHE = "-XX:AOTCache=";

  /** How deep the files of a Java runtime lie that packages of distributions link elsewhere. */
  private static final int DEPTH = 4;

  private WorkerFiles() {}

  /**
   * The Java runtime, and what the arguments of the JVM name. What is not there is left out.
   *
   * @param argv the runtime's program and its arguments
   */
  static List<Path> of(List<String> argv) throws IOException {
    var all = new LinkedHashSet<Path>();
    Path home = Path.of(argv.getFirst()).resolveSibling("..").toRealPath();
    all.add(home);
    all.addAll(linked(home));
    all.addAll(withNamed(entries(argv)));
    for (String argument : argv) {
      for (String option : List.of(ZSTD, CACHE)) {
        if (argument.startsWith(option)) {
          all.add(Path.of(argument.substring(option.length())));
        }
      }
    }
    return all.stream().filter(Files::exists).map(Path::toAbsolutePath).toList();
  }

  /** Those of the class path. */
  static List<Path> entries(List<String> argv) {
    return entries(argv.get(argv.indexOf("-cp") + 1));
  }

  private static List<Path> entries(String classPath) {
    return Stream.of(classPath.split(File.pathSeparator, -1)).map(Path::of).toList();
  }

  /** What links in the runtime lead to: some distributions keep its settings in /etc. */
  private static List<Path> linked(Path home) throws IOException {
    var targets = new ArrayList<Path>();
    try (Stream<Path> files = Files.walk(home, DEPTH)) {
      for (Path link : files.filter(Files::isSymbolicLink).filter(Files::exists).toList()) {
        Path target = link.toRealPath();
        if (!target.startsWith(home)) {
          targets.add(target);
        }
      }
    }
    return targets;
  }

  private static List<Path> withNamed(List<Path> entries) throws IOException {
    var all = new ArrayList<Path>();
    for (Path entry : entries) {
      all.add(entry);
      all.addAll(named(entry));
    }
    return all;
  }

  /** The jars that a jar names (Class-Path in its manifest). */
  private static List<Path> named(Path jar) throws IOException {
    if (!Files.isRegularFile(jar)) {
      return List.of();
    }
    try (var file = new JarFile(jar.toFile())) {
      @Nullable String names =
          file.getManifest() == null
              ? null
              : file.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      if (names == null) {
        return List.of();
      }
      return Stream.of(names.strip().split("\\s+", -1))
          .map(name -> jar.toUri().resolve(name))
          .filter(uri -> "file".equals(uri.getScheme()))
          .map((URI uri) -> Path.of(uri))
          .toList();
    }
  }

  /**
   * Unpacks the native library of zstd for workers of a program that is not built: beside the jar
   * that it is in, once, or where that cannot be, for this process.
   *
   * @return empty when no jar has one
   */
  static Optional<Path> unpackZstd() throws IOException {
    String start = "linux/" + System.getProperty("os.arch") + "/libzstd-jni-";
    for (Path jar : withNamed(entries(System.getProperty("java.class.path")))) {
      if (!jar.getFileName().toString().startsWith("zstd-jni")) {
        continue;
      }
      try (var zip = new ZipFile(jar.toFile())) {
        Optional<? extends ZipEntry> entry =
            zip.stream().filter(one -> one.getName().startsWith(start)).findFirst();
        if (entry.isPresent()) {
          Path library = jar.resolveSibling(Path.of(entry.get().getName()).getFileName());
          if (Files.exists(library)) {
            return Optional.of(library);
          }
          try (InputStream in = zip.getInputStream(entry.get())) {
            return Optional.of(unpacked(in, library));
          }
        }
      }
    }
    return Optional.empty();
  }

  private static Path unpacked(InputStream in, Path library) throws IOException {
    Path directory = library.toAbsolutePath().getParent();
    boolean stays = Files.isWritable(directory);
    Path partial =
        stays
            ? Files.createTempFile(directory, "libzstd-jni", ".partial")
            : Files.createTempFile("libzstd-jni", ".so");
    Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
    if (stays) {
      return Files.move(partial, library, StandardCopyOption.ATOMIC_MOVE);
    }
    partial.toFile().deleteOnExit();
    return partial;
  }
}
