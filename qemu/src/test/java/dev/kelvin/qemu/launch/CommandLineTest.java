package dev.kelvin.qemu.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.kelvin.qemu.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the command line against its goldens. A golden that is missing fails; {@code
 * KELVIN_WRITE_GOLDENS=1} in the environment writes them anew, for a person to read the difference.
 */
class CommandLineTest {
  private static final boolean WRITE = "1".equals(System.getenv("KELVIN_WRITE_GOLDENS"));

  static List<String> cases() throws IOException {
    return GoldenCase.names();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void buildsTheGolden(String name) throws IOException {
    List<String> argv = CommandLine.build(GoldenCase.read(name).plan());
    var file = GoldenCase.args(name);
    if (WRITE) {
      Files.write(file, argv);
    } else if (!Files.exists(file)) {
      fail("there is no golden " + file + "; write it with KELVIN_WRITE_GOLDENS=1 and read it");
    }
    assertThat(argv).isEqualTo(Files.readAllLines(file));
  }

  @Test
  void everyGoldenHasItsCaseAndThereAreEnough() throws IOException {
    assertThat(GoldenCase.files(".args")).isEqualTo(GoldenCase.names());
    assertThat(GoldenCase.names()).hasSizeGreaterThanOrEqualTo(60);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void startsPausedAndConfined(String name) throws IOException {
    List<String> argv = CommandLine.build(GoldenCase.read(name).plan());
    assertThat(argv)
        .contains("-S", "-nodefaults", "-no-user-config")
        .containsSubsequence(
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")
        .containsSubsequence("-msg", "timestamp=on");
  }

  @Test
  void theUuidFollowsFromTheIdAlone() {
    assertThat(CommandLine.uuid("00112233445566778899"))
        .isEqualTo(CommandLine.uuid("00112233445566778899"))
        .isNotEqualTo(CommandLine.uuid("00112233445566778898"));
  }

  @Test
  void commasInValuesAreDoubled() {
    assertThat(CommandLine.escape("/a,b,,c")).isEqualTo("/a,,b,,,,c");
  }
}
