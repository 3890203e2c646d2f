package dev.kelvin.it.product;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The classes under test as jars, with an ahead-of-time cache of them as the shipped program has
 * one: the tests start a daemon more than a thousand times. A cache needs jars only; so what is in
 * directories is packed. All is kept in {@code target} until the classes change.
 */
final class TestClasses {
  /**
   * What has to be the same where a cache is made and where it is used. Most of these daemons live
   * for a second: they compile less than one that stays.
   */
  private static final List<String> OPTIONS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:-AOTReplayTraining",
          "-XX:Tier3InvocationThreshold=1000",
          "-XX:Tier3MinInvocationThreshold=500",
          "-XX:Tier3CompileThreshold=4000",
          "-Xlog:disable",
          "-Xlog:all=error:stderr:time");

  private static final String PREFIX = "trained-";

  /** The classes do not change while tests run, and reading them all takes a while. */
  private static final class Key {
    private static final String VALUE = compute();

    private static String compute() {
      try {
        return key();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private TestClasses() {}

  /** What follows {@code java}, up to the main class. */
  static List<String> arguments(List<String> more) throws IOException {
    Path place = Path.of("target", PREFIX + Key.VALUE).toAbsolutePath();
    Path cache = place.resolve("daemon.aot");
    once(place, PREFIX, cache, () -> make(place, cache));
    var all = new ArrayList<>(OPTIONS);
    all.add("-XX:AOTCache=" + cache);
    all.addAll(more);
    all.addAll(List.of("-cp", classPath(place)));
    return all;
  }

  private static List<Path> parts() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  private static String classPath(Path place) {
    var path = new ArrayList<String>();
    for (Path part : parts()) {
      boolean packed = Files.isDirectory(part);
      path.add((packed ? place.resolve(path.size() + ".jar") : part).toString());
    }
    return String.join(File.pathSeparator, path);
  }

  /** Changes whenever a class does. */
  static String key() throws IOException {
    var all = new StringBuilder(System.getProperty("java.vm.version"));
    for (Path part : parts()) {
      try (Stream<Path> files = Files.walk(part)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          all.append('\n').append(file).append(Files.size(file));
          all.append(Files.getLastModifiedTime(file));
        }
      }
    }
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(all.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Makes what a file is the last of. */
  interface Maker<E extends Exception> {
    void make() throws IOException, E;
  }

  /**
   * Makes something in {@code target} unless it is there, once for all the processes that run
   * tests.
   *
   * @param place its directory
   * @param prefix of its directory's name; others of the same are of earlier classes, and removed
   * @param last the file that is there when all is
   */
  static <E extends Exception> void once(Path place, String prefix, Path last, Maker<E> maker)
      throws IOException, E {
    if (Files.exists(last)) {
      return;
    }
    Files.createDirectories(place);
    try (var lock =
            FileChannel.open(
                place.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var _ = lock.lock()) {
      if (!Files.exists(last)) {
        prune(place, prefix);
        maker.make();
      }
    }
  }

  /** Packs and trains. */
  private static void make(Path place, Path cache) throws IOException {
    List<Path> parts = parts();
    for (int i = 0; i < parts.size(); i++) {
      if (Files.isDirectory(parts.get(i))) {
        pack(parts.get(i), place.resolve(i + ".jar"));
      }
    }
    Path unfinished = place.resolve("daemon.aot.new");
    train(place, unfinished);
    Files.move(unfinished, cache, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void pack(Path directory, Path jar) throws IOException {
    try (var zip = new ZipOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(directory)) {
      zip.setLevel(0);
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        zip.putNextEntry(new ZipEntry(directory.relativize(file).toString()));
        Files.copy(file, zip);
      }
    }
  }

  /** Runs a daemon for the cache that it leaves at its end. */
  private static void train(Path place, Path cache) throws IOException {
    var command = new ArrayList<>(List.of(TestDaemon.java()));
    command.addAll(OPTIONS);
    command.add("-XX:AOTCacheOutput=" + cache);
    command.addAll(List.of("-cp", classPath(place), "dev.kelvin.server.Main"));
    TestDaemon.rehearse(command);
    if (!Files.exists(cache)) {
      throw new IllegalStateException("no ahead-of-time cache was made by " + command);
    }
  }

  /** Removes what was made of earlier classes. */
  private static void prune(Path place, String prefix) throws IOException {
    try (Stream<Path> all = Files.list(place.getParent())) {
      for (Path one : all.toList()) {
        if (one.getFileName().toString().startsWith(prefix) && !one.equals(place)) {
          deleteTree(one);
        }
      }
    }
  }

  static void deleteTree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
