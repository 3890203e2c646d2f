package dev.kelvin.image.bulk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the process of a worker is started.
 *
 * @param argv the program and its arguments, up to those of {@link WorkerMain}
 * @param built whether it is of a build, which has all files that a worker needs
 */
record WorkerProgram(List<String> argv, boolean built) {
  /** Names the file with the arguments of a built worker, one a line; a property of the JVM. */
  private static final String PROPERTY = "kelvin.worker";

  WorkerProgram {
    argv = List.copyOf(argv);
  }

  /**
   * The one that belongs to the program that runs: of the same build, or, where that is none, of
   * the same class path.
   *
   * @param property what {@code kelvin.worker} says; null where it says nothing
   */
  static WorkerProgram ofProcess(@Nullable String property) throws IOException {
    var argv = new ArrayList<String>();
    argv.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (property != null) {
      argv.addAll(Files.readAllLines(Path.of(property)));
      return new WorkerProgram(argv, true);
    }
    WorkerFiles.unpackZstd().ifPresent(library -> argv.add(WorkerFiles.ZSTD + library));
    argv.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-XX:CompressedClassSpaceSize=64m",
            "-XX:ReservedCodeCacheSize=48m",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            WorkerMain.class.getName()));
    return new WorkerProgram(argv, false);
  }

  static WorkerProgram ofProcess() throws IOException {
    return ofProcess(System.getProperty(PROPERTY));
  }

  /**
   * Whether any user may run it: a build may lie below a directory that only its owner may enter.
   */
  boolean forEverybody() {
    return built
        && Stream.concat(Stream.of(Path.of(argv.getFirst())), WorkerFiles.entries(argv).stream())
            .allMatch(WorkerProgram::open);
  }

  /**
   * What it opens by name; nothing for what is no Java. It is found out for each worker, as it
   * takes longer than a daemon may to start.
   */
  List<Path> reads() throws IOException {
    return argv.contains("-cp") ? WorkerFiles.of(argv) : List.of();
  }

  /** Whether any user may read a file. */
  static boolean open(Path file) {
    try {
      Path real = file.toRealPath();
      for (Path at = real; at != null; at = at.getParent()) {
        boolean last = at.equals(real);
        var needed = last ? PosixFilePermission.OTHERS_READ : PosixFilePermission.OTHERS_EXECUTE;
        if (!Files.getPosixFilePermissions(at, LinkOption.NOFOLLOW_LINKS).contains(needed)) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // what its owner cannot look at nobody else can
    }
  }
}
