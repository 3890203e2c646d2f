package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What commands that scripts call in loops make the JVM do, of the program that was built: they
 * find all classes in its AOT cache, and spin none. Times depend on the machine, these counts do
 * not.
 */
class CommandClassesTest extends OnOneDaemon {
  private static final Path DIST = Path.of("../dist/target/kelvin").toAbsolutePath().normalize();

  /** The JDK keeps a few classes of its own out of any cache, such as those of its events. */
  private static final int OF_THE_JDK = 8;

  /** In a JVM that boots from a cache all classes in it are loaded, and each takes its time. */
  private static final int LOADED = 2100;

  private static final int NOT_FOUND = 4;

  @ParameterizedTest
  @ValueSource(strings = {"ls", "ls -l team=blue", "show web-3", "show none", "version"})
  void findAllClassesInTheCacheAndSpinNone(String words) throws Exception {
    for (int i = 0; i < 5; i++) {
      VmSpec spec =
          VmSpec.defaults().toBuilder()
              .nics(List.of(Nic.of("net")))
              .build()
              .withPower(Power.STOPPED);
      var metadata = Metadata.named("web-" + i).withLabels(Map.of("team", "blue", "a", "b"));
      daemon.create(new Vm(metadata, spec, VmStatus.initial()));
    }

    List<String> loaded = loaded(words.split(" ", -1));

    List<String> elsewhere =
        loaded.stream().filter(line -> !line.endsWith("source: shared objects file")).toList();
    assertThat(elsewhere).allMatch(line -> line.endsWith("source: jrt:/java.base"));
    assertThat(elsewhere).hasSizeLessThanOrEqualTo(OF_THE_JDK);
    assertThat(loaded).hasSizeLessThan(LOADED);
  }

  /** The check itself would notice: without its cache a command spins classes. */
  @Test
  void withoutTheCacheClassesComeFromElsewhere() throws Exception {
    assertThat(loaded("-XX:AOTMode=off", "version"))
        .anyMatch(line -> line.contains("dev.kelvin.") && line.contains("source: file:"));
  }

  /** A line for each class that a command loads, with where it came from. */
  private static List<String> loaded(String... words) throws IOException, InterruptedException {
    assumeTrue(Files.exists(DIST.resolve("built")), "the program was not built");
    Path log = daemon.home().resolve("classes");
    var command = new ArrayList<String>();
    command.add(Path.of(Files.readAllLines(DIST.resolve("built")).get(1), "bin/java").toString());
    for (String argument : Files.readAllLines(DIST.resolve("quick.argv"))) {
      command.add(argument.replace("\"", ""));
      if (argument.equals("-Xlog:disable")) {
        command.add("-Xlog:class+load:file=\"" + log + "\":none");
      }
    }
    for (String word : words) {
      command.add(word.startsWith("-XX:") ? 1 : command.size(), word);
    }
    Path output = daemon.home().resolve("output");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("KELVIN_HOME", daemon.home().toString());
    builder.environment().put("KELVIN_DIST", DIST.toString());
    Process process = builder.start();
    try {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("it ends").isTrue();
      int wanted = List.of(words).contains("none") ? NOT_FOUND : 0;
      assertThat(process.exitValue()).as(Files.readString(output)).isEqualTo(wanted);
      return Files.readAllLines(log);
    } finally {
      process.destroyForcibly();
    }
  }
}
