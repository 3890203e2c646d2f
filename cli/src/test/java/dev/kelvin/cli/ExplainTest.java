package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.DocumentKind;
import dev.kelvin.cli.explain.Explanation;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fields are explained without a daemon. */
class ExplainTest {
  @TempDir private Path directory;

  private Cli.Result explain(String path) throws IOException {
    return new Cli(directory).run("explain", path);
  }

  @Test
  void tellsTypeDefaultValuesMeaningAndExample() throws IOException {
    Cli.Result result = explain("vm.spec.disks[].cache");
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .startsWith("vm.spec.disks[].cache\n")
        .containsPattern("type +text\n")
        .containsPattern("default +none\n")
        .containsPattern("allowed +none, writeback, writethrough, directsync, unsafe\n")
        .contains("How the host's page cache is used.")
        .contains("none bypasses the host's page cache")
        .endsWith("Example:\n  spec:\n    disks:\n      - cache: writeback\n");
    for (String same :
        new String[] {"spec.disks[].cache", "spec.disks.cache", "spec.disks[0].cache"}) {
      assertThat(explain(same).out()).isEqualTo(result.out());
    }
  }

  @Test
  void listsTheFieldsOfObjects() throws IOException {
    assertThat(explain("vm").out())
        .contains("A virtual machine.", "Fields:")
        .containsPattern("\n  spec +What is wanted of it.");
    assertThat(explain("spec.disks").out())
        .startsWith("vm.spec.disks[]\n")
        .containsPattern("type +list of objects")
        .containsPattern("\n  bootIndex +Order");
  }

  @Test
  void everyKindOfDocumentIsExplained() throws IOException {
    assertThat(new Cli(directory).run("explain").out().lines())
        .hasSize(DocumentKind.values().length)
        .anyMatch(line -> line.startsWith("config ") && line.contains("kelvin.yaml"));
    assertThat(explain("config.state.engine").out())
        .containsPattern("default +sqlite\n")
        .containsPattern("allowed +sqlite, etcd\n")
        .endsWith("Example:\n  state:\n    engine: etcd\n");
    assertThat(explain("volume.usedBy").out()).startsWith("volume.usedBy\n");
    assertThat(explain("config.state.enigne").err()).contains("did you mean config.state.engine?");
  }

  @Test
  void aWrongFieldIsRefusedWithTheOneThatWasMeant() throws IOException {
    assertThat(explain("spec.disks[].cahce").err())
        .contains("no field spec.disks[].cahce")
        .contains("vm.spec.disks[] has no field cahce")
        .contains("did you mean vm.spec.disks[].cache?");
    assertThat(explain("bootIndex").err()).contains("did you mean vm.spec.").contains("bootIndex?");
    assertThat(explain("spec.disks[].cache.x").err()).contains("has no fields in it");
    assertThat(explain("spec.nonsense").code()).isEqualTo(Code.INVALID_ARGUMENT.exitCode());
    assertThat(explain("").code()).isEqualTo(Code.INVALID_ARGUMENT.exitCode());
  }

  @Test
  void everyFieldIsExplainedInLinesOfATerminal() {
    assertThat(Explanation.paths())
        .hasSizeGreaterThan(200)
        .doesNotHaveDuplicates()
        .contains("catalogue.distributions[].releases[].version", "task.progress.done");
    for (String path : Explanation.paths()) {
      String text = Explanation.of(path);
      assertThat(text).as(path).contains("  type ").doesNotContain("value\n", "`");
      assertThat(text.lines()).as(path).allMatch(line -> line.length() <= 100);
      int example = text.indexOf("Example:\n");
      if (example >= 0) {
        String yaml = text.substring(example).replaceFirst("Example:\n", "");
        Documents.read(
            yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8),
            Documents.Syntax.YAML,
            java.util.Map.class);
      }
    }
  }
}
