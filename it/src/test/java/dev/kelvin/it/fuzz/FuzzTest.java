package dev.kelvin.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.it.fault.Campaign;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Jazzer thinks of inputs for each target of the campaign for 15 s, beginning with those that are
 * kept. It runs as a process of its own: its JUnit engine is of JUnit 5. To look longer, {@code
 * -Dkelvin.fuzz=600}; what it finds is printed, and is mended and kept in {@code corpus}.
 */
@Tag("slow")
class FuzzTest {
  private static final int SECONDS = Integer.getInteger("kelvin.fuzz", 15);

  @TempDir private Path directory;

  private record Ran(int exitCode, String output) {}

  private Ran jazzer(Class<?> target, Path seeds, int seconds)
      throws IOException, InterruptedException {
    Path found = Files.createDirectories(directory.resolve("found"));
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+EnableDynamicAgentLoading",
                    "-XX:+UseSerialGC",
                    "-Xmx512m",
                    "-Djava.io.tmpdir=" + directory,
                    "-cp",
                    System.getProperty("java.class.path"),
                    "com.code_intelligence.jazzer.Jazzer",
                    "--target_class=" + target.getName(),
                    "--instrumentation_includes=dev.kelvin.**",
                    "--reproducer_path=" + directory,
                    "-artifact_prefix=" + directory.resolve("broke-"),
                    "-max_total_time=" + seconds,
                    "-max_len=4096",
                    "-timeout=20",
                    "-rss_limit_mb=0",
                    "-print_final_stats=1",
                    found.toString(),
                    seeds.toString()))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .directory(directory.toFile())
            .start();
    try {
      assertThat(process.waitFor(seconds + 120, TimeUnit.SECONDS)).as("Jazzer ends").isTrue();
      return new Ran(process.exitValue(), Files.readString(output));
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  static Stream<Class<?>> targets() throws IOException, InterruptedException {
    return Campaign.chosen(KeptInputsTest.names().toList()).stream();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void nothingBreaksIt(Class<?> target) throws Exception {
    Ran ran = jazzer(target, KeptInputsTest.corpus(target), SECONDS);
    assertThat(ran.exitCode()).as(tail(ran.output())).isZero();
    assertThat(ran.output()).contains("stat::number_of_executed_units");
  }

  /** Breaks on what a fuzzer finds by looking at comparisons, and nobody by chance. */
  public static final class Broken {
    private Broken() {}

    public static void fuzzerTestOneInput(byte[] input) {
      if (new String(input, java.nio.charset.StandardCharsets.ISO_8859_1).startsWith("magic!")) {
        throw new IllegalStateException("it broke");
      }
    }
  }

  @Test
  void whatBreaksIsFound() throws Exception {
    Path none = Files.createDirectories(directory.resolve("none"));
    Ran ran = jazzer(Broken.class, none, 60);
    assertThat(ran.exitCode()).as(tail(ran.output())).isNotZero();
    assertThat(ran.output()).contains("it broke");
  }

  private static String tail(String output) {
    return output.substring(Math.max(0, output.length() - 6000));
  }
}
