package dev.kelvin.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The process that works on many bytes for the daemon: the daemon's class path and its cache, but
 * all compilers of the JVM, since a checksum is several times as fast with the second.
 */
final class BulkWorker {
  private static final String MAIN = "dev.kelvin.image.bulk.WorkerMain";

  private BulkWorker() {}

  /** Where its arguments are below the directory of the built program. */
  static Path argv(Path home) {
    return home.resolve("worker.argv");
  }

  /**
   * What {@code java} is told. The heap has room for what xz may need; the rest is as small as it
   * can be, since the address space of a worker is limited.
   *
   * @param zstd the native library of zstd, unless no jar has one
   */
  static List<String> arguments(Program daemon, Path home, Optional<Path> zstd) {
    var arguments =
        new ArrayList<>(
            List.of(
                "-XX:+UseSerialGC",
                "-Xms16m",
                "-Xmx256m",
                "-XX:CompressedClassSpaceSize=64m",
                "-XX:ReservedCodeCacheSize=48m",
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                // The cache also knows how often the daemon, which has the first compiler only, ran
                // what: with that the second would not begin for half a minute.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-AOTReplayTraining",
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "--enable-native-access=ALL-UNNAMED"));
    arguments.add("-XX:AOTCache=" + daemon.cache(home));
    zstd.ifPresent(library -> arguments.add("-DZstdNativePath=" + library));
    arguments.addAll(List.of("-cp", Program.path(daemon.jars()), MAIN));
    return List.copyOf(arguments);
  }

  static void write(List<String> arguments, Path home, Path installed) throws IOException {
    Files.write(
        argv(home),
        arguments.stream()
            .map(argument -> argument.replace(home.toString(), installed.toString()))
            .toList());
  }
}
