package dev.kelvin.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FirstBuildTest {
  private static final String MODULE =
      "[INFO] Building Kelvin qmp 0.1.0                                [7/14]";
  private static final String DOWNLOAD =
      "[INFO] Downloaded from central: https://repo.example/a/b/picocli-4.7.7.jar (410 kB at 1 MB/s)";

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream screen = new PrintStream(written, true, StandardCharsets.UTF_8);

  @Test
  void terminalShowsABarAndWhatIsFetched() {
    var build = new FirstBuild(screen, true);
    build.line(MODULE);
    build.line(DOWNLOAD);
    build.line("[INFO] something else");

    assertThat(text())
        .isEqualTo(
            "\r\033[Kbuilding  [##########..............] 7/14 qmp"
                + "\r\033[Kbuilding  [##########..............] 7/14 qmp"
                + "  (1 files from Maven's repository: picocli-4.7.7.jar)");
  }

  @Test
  void fileGetsALineForEachModule() {
    var build = new FirstBuild(screen, false);
    build.line(MODULE);
    build.line(DOWNLOAD);

    assertThat(text()).isEqualTo("building  [##########..............] 7/14 qmp\n");
  }

  @Test
  void failureShowsTheLastLinesAndNamesTheLog() {
    var build = new FirstBuild(screen, false);
    for (int i = 1; i <= 60; i++) {
      build.line("line " + i);
    }
    build.end(1, Path.of("build.log"));

    assertThat(text().lines())
        .hasSize(41)
        .startsWith("line 21")
        .endsWith("kelvin: the build failed; all that it said is in build.log");
  }

  private String text() {
    return written.toString(StandardCharsets.UTF_8);
  }
}
