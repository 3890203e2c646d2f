package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.spec.CloudInit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cloud-init reads, and what it would pass over. */
class SeedDocumentsTest {
  private static CloudInit setup(@Nullable String userData, @Nullable String network) {
    return new CloudInit(null, null, List.of(), null, List.of(), userData, network);
  }

  private static List<Violation> userData(String text) {
    return SeedDocuments.check(setup(text, null));
  }

  private static List<Violation> network(String text) {
    return SeedDocuments.check(setup(null, text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "#cloud-config",
        "#cloud-config\n# nothing yet\n",
        "#cloud-config\nruncmd:\n- touch /ran\n",
        "#Cloud-Config\nusers: [default]\n",
        "\n\n#cloud-config\npackages: [a]\n",
        "\uFEFF#cloud-config\r\nruncmd:\r\n- touch /ran\r\n",
        "#cloud-config\na: &x [1]\nb: *x\nc: {<<: {d: 1}}\nd: 2\nd: 3\n",
        "#cloud-config\n---\nusers: []\n",
        "#cloud-config-archive\n- type: text/cloud-config\n  content: |\n    a: 1\n",
        "#cloud-config-jsonp\n[]",
        "#cloud-boothook\n#!/bin/sh\n",
        "#include\nhttps://example.org/x\n",
        "#include-once\nhttps://example.org/x\n",
        "#part-handler\ndef list_types(): pass\n",
        "#!/bin/sh\necho : [ {\n",
        "## template: jinja\n#cloud-config\n{% if v1 %}\na: [\n{% endif %}\n",
        "Content-Type: multipart/mixed; boundary=\"x\"\nMIME-Version: 1.0\n\n--x--\n"
      })
  void takesWhatCloudInitReads(String text) {
    assertThat(userData(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "users:~- default~runcmd: [a]   | first line | write this line above it: #cloud-config",
        "---~users: []                  | first line | write this line above it: #cloud-config",
        "# cloud-config~users: []       | first line | exactly so",
        "# of mine~#cloud-config~a: 1   | line 2     | first line",
        "echo hello                     | first line | #! for a script",
        "H4sIAAAAAAAAA1NOzskvTdFNzs9L  | base64     | --user-data",
        "## template: jinja~users: []   | template   | #cloud-config",
        "Content-Type: multipart/mixed~ | first line | MIME-Version:",
        "#cloud-config~- a~- b          | no mapping | name: value",
        "#cloud-config~hello            | no mapping | name: value",
        "#cloud-config~a: [1            | YAML is broken | mend",
        "#cloud-config~a: 1~ b: 2       | line 3     | mend",
        "#cloud-config~a:~TABb: 1       | tab is where YAML takes spaces alone (line 3, column 1) | spaces",
        "#cloud-config~a: 1~---~b: 2    | second document | one document",
        "#cloud-config-archive~a: 1     | no list    | a list"
      })
  void refusesWhatCloudInitPassesOver(String text, String cause, String remedy) {
    assertThat(userData(text.replace('~', '\n').replace("TAB", "\t")))
        .singleElement()
        .satisfies(fault -> {
          assertThat(fault.field()).isEqualTo("spec.cloudInit.userData");
          assertThat(fault.cause()).contains(cause);
          assertThat(fault.remedy()).contains(remedy);
        });
  }

  @Test
  void theNetworksDocumentIsOneOfItsVersions() {
    assertThat(network("version: 2\nethernets: {}\n")).isEmpty();
    assertThat(network("network:\n  version: 1\n  config: []\n")).isEmpty();
    assertThat(network("ethernets: {}\n"))
        .singleElement()
        .extracting(Violation::remedy)
        .isEqualTo("write version: 2");
    assertThat(network("version: 3\n")).hasSize(1);
    assertThat(network("- a\n"))
        .singleElement()
        .extracting(Violation::cause)
        .asString()
        .contains("mapping");
    assertThat(network("a: [\n"))
        .singleElement()
        .extracting(Violation::cause)
        .asString()
        .contains("YAML");
  }

  @Test
  void nothingIsNoFault() {
    assertThat(SeedDocuments.check(null)).isEmpty();
    assertThat(SeedDocuments.check(setup(null, null))).isEmpty();
  }

  @Test
  void marksAndLineEndsOfWindowsAreTakenAway() {
    var setup = setup("\uFEFF#!/bin/sh\r\necho\r\n", "version: 2\r\n");
    assertThat(setup.userData()).isEqualTo("#!/bin/sh\necho\n");
    assertThat(setup.networkConfig()).isEqualTo("version: 2\n");
  }

  @Test
  void whatIsDeepIsRefused() {
    assertThat(userData("#cloud-config\na: " + "[".repeat(100_000))).hasSize(1);
  }
}
