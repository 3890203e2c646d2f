package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The manual has every command, and groff finds nothing wrong in it. */
@Timeout(60)
class ManualTest {
  @TempDir private Path directory;

  private final Map<String, String> pages = new Manual("2026-11-22").pages();

  @Test
  void hasAPageForEachCommand() {
    assertThat(pages).hasSize(Catalog.ENTRIES.size() + 1).containsKey("kelvin-image-build.1");
    assertThat(pages.get("kelvin.1")).contains("KELVIN_HOME", "kelvin\\-run(1)", "EXIT STATUS");
    assertThat(pages.get("kelvin-ls.1")).contains("\\-\\-no\\-headers", "List VMs.", "SEE ALSO");
    assertThat(pages.get("kelvin-explain.1")).contains(".SH EXAMPLES").doesNotContain("Examples:");
  }

  @Test
  void groffHasNoWarnings() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/groff")), "groff is not installed");
    for (Map.Entry<String, String> page : pages.entrySet()) {
      Path file = Files.writeString(directory.resolve(page.getKey()), page.getValue());
      Path errors = directory.resolve("errors");
      Path out = directory.resolve("out");
      // What "man --warnings" runs.
      List<String> command =
          List.of("groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=80n", file.toString());
      Process groff =
          new ProcessBuilder(command)
              .redirectError(errors.toFile())
              .redirectOutput(out.toFile())
              .start();
      assertThat(groff.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(groff.exitValue()).as(page.getKey()).isZero();
      assertThat(Files.readString(errors)).as(page.getKey()).isEmpty();
      assertThat(Files.readString(out)).contains("NAME", page.getKey().replace(".1", "") + " -");
    }
  }
}
