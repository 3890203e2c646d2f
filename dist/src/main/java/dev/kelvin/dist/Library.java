package dev.kelvin.dist;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The directory with the jars of the program and the native code of SQLite and zstd. */
final class Library {
  private final Path directory;
  private final Set<Path> wanted = new HashSet<>();

  Library(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /** Whether these jars are in the library, byte for byte. */
  boolean has(List<Path> jars) throws IOException {
    for (Path jar : jars) {
      if (!Files.exists(place(jar)) || Files.mismatch(jar, place(jar)) >= 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Copies jars that differ from what is there. The others keep their times of modification, which
   * an AOT cache depends on. A JVM that runs from the library keeps the files that it has open.
   *
   * @return their places in the library, in the same order
   */
  List<Path> copy(List<Path> jars) throws IOException {
    for (Path jar : jars) {
      if (!has(List.of(jar))) {
        Files.copy(jar, place(jar), StandardCopyOption.REPLACE_EXISTING);
      }
      wanted.add(place(jar));
    }
    return jars.stream().map(this::place).toList();
  }

  /**
   * Unpacks SQLite's native library for this machine, so that the daemon need not do it at each
   * start.
   *
   * @return the directory for {@code org.sqlite.lib.path}; empty when no jar has one
   */
  Optional<Path> unpackSqlite() throws IOException {
    String architecture =
        System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
    String entry = "org/sqlite/native/Linux/" + architecture + "/libsqlitejdbc.so";
    return unpack(entry::equals, "libsqlitejdbc.so").map(_ -> directory);
  }

  /**
   * Unpacks the native library of zstd for this machine: a worker of the daemon may write nowhere.
   *
   * @return the file for {@code ZstdNativePath}; empty when no jar has one
   */
  Optional<Path> unpackZstd() throws IOException {
    String start = "linux/" + System.getProperty("os.arch") + "/libzstd-jni-";
    return unpack(name -> name.startsWith(start) && name.endsWith(".so"), "libzstd-jni.so");
  }

  private Optional<Path> unpack(Predicate<String> wantedEntry, String name) throws IOException {
    // What was unpacked before is in the library as well.
    for (Path jar : wanted.stream().filter(file -> file.toString().endsWith(".jar")).toList()) {
      try (var zip = new ZipFile(jar.toFile())) {
        Optional<? extends ZipEntry> found =
            zip.stream().filter(entry -> wantedEntry.test(entry.getName())).findFirst();
        if (found.isPresent()) {
          Path target = directory.resolve(name);
          try (InputStream in = zip.getInputStream(found.get())) {
            Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
          }
          wanted.add(target);
          return Optional.of(target);
        }
      }
    }
    return Optional.empty();
  }

  /** Deletes what earlier builds left and this one has no use for. */
  void prune() throws IOException {
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (!wanted.contains(file)) {
          Files.delete(file);
        }
      }
    }
  }

  private Path place(Path jar) {
    return directory.resolve(jar.getFileName());
  }
}
