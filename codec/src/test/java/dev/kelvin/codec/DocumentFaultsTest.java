package dev.kelvin.codec;

import static dev.kelvin.codec.Documents.Syntax.JSON;
import static dev.kelvin.codec.Documents.Syntax.YAML;
import static dev.kelvin.codec.DocumentsTest.refusal;
import static dev.kelvin.codec.DocumentsTest.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of documents in which a value is not what it looks like, in the words written. */
class DocumentFaultsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"1.10", "7", "1e3", "true", "false", "0012345", "-1", "0x1f", "0o17", ".5", "+12"})
  void aNumberWhereATextIsWantedIsShownAsItIsWritten(String written) {
    var problem = refusal("# 😀\nspec: {smbios: {version: " + written + "}}", YAML);
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.field()).isEqualTo("spec.smbios.version");
    assertThat(problem.cause()).startsWith(written + " is a ");
    assertThat(problem.remedy()).isEqualTo("put it in quotes: \"" + written + "\"");
    for (String quoted : new String[] {"'" + written + "'", "\"" + written + "\""}) {
      var vm = vm("# 😀\nspec: {smbios: {version: " + quoted + "}}", YAML);
      assertThat(vm.spec().smbios().version()).isEqualTo(written);
    }
    var labels = refusal("metadata:\n  name: a\n  labels:\n    build: " + written + "\n", YAML);
    assertThat(labels.field()).isEqualTo("metadata.labels.build");
    assertThat(labels.remedy()).contains("\"" + written + "\"");
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void allTextsThatAreNumbersAreToldAtOnce(Syntax syntax) {
    var problem =
        refusal(
            "{\"spec\": {\"smbios\": {\"serial\": 7, \"version\": 1.10},"
                + " \"cloudInit\": {\"packages\": [\"vim\", 12]}}}",
            syntax);
    assertThat(problem.violations())
        .extracting(Problem.Violation::field)
        .containsExactly("spec.smbios.serial", "spec.smbios.version", "spec.cloudInit.packages[1]");
    assertThat(problem.violations())
        .extracting(Problem.Violation::remedy)
        .contains("put it in quotes: \"1.10\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2024-01-01", "52:54:00:12:34:56", "1.2.3", "v1", "7a", "yes"})
  void whatIsNoNumberOfYamlIsAText(String written) {
    assertThat(
            vm("spec:\n  smbios:\n    version: " + written + "\n", YAML).spec().smbios().version())
        .isEqualTo(written);
  }

  @Test
  void manyTextsInQuotesTakeNoTime() {
    var text = new StringBuilder("{metadata: {name: a, labels: {é😀: x");
    for (int i = 0; i < 20_000; i++) {
      text.append(", l").append(i).append(": '0'");
    }
    assertThat(vm(text.append("}}}").toString(), YAML).metadata().labels()).hasSize(20_001);
  }

  @Test
  void memoryAsASizeAloneGetsTheRightForm() {
    assertThat(refusal("spec: {memory: 2048}", YAML).remedy())
        .isEqualTo("did you mean {size: 2048MiB}?");
    assertThat(refusal("spec: {memory: 2GiB}", YAML).remedy())
        .isEqualTo("did you mean {size: 2GiB}?");
    assertThat(refusal("{\"spec\": {\"memory\": []}}", JSON).remedy()).contains("kelvin explain");
  }

  @Test
  void aWrongDateIsCalledWhatItIs() {
    var problem = refusal("metadata: {name: a, createdAt: 2024-13-45}", YAML);
    assertThat(problem.field()).isEqualTo("metadata.createdAt");
    assertThat(problem.cause() + problem.remedy())
        .contains("2024-13-45")
        .contains("a date and time such as");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "metadata:\n\tname: a\n",
        "metadata: {name: a}\nspec:\n  disks:\n  -\tname: b\n\t- x\n",
        "metadata:\n  name: a\n  \tlabels: {}\n"
      })
  void aTabIsToldWhereItIs(String text) {
    var problem = refusal(text, YAML);
    String[] lines = text.lines().toArray(String[]::new);
    int line = 0;
    while (!lines[line].matches("[ -]*\t.*")) {
      line++;
    }
    assertThat(problem.cause())
        .contains("tab")
        .contains("(line %d, column %d)".formatted(line + 1, lines[line].indexOf('\t') + 1));
    assertThat(problem.remedy()).isEqualTo("indent with spaces");
  }

  @Test
  void theSignForACharacterThatWasLostIsUtf8() {
    assertThat(vm("{metadata: {name: a, labels: {k: \uFFFD}}}", YAML).metadata().labels())
        .containsEntry("k", "\uFFFD");
  }

  /** The document is read once more to see what was meant, and may be broken further on. */
  @Test
  void aFaultBeforeABrokenEndIsTold() {
    assertThat(refusal("{\"spec\":{\"memory\":2048}", JSON).code().httpStatus()).isEqualTo(400);
    Problem problem = refusal("spec:\n  memory: 2048\n  cpu: [\n", YAML);
    assertThat(problem.code().httpStatus()).isEqualTo(400);
  }
}
