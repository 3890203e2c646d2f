package dev.kelvin.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.SpecRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The schema of VMs takes and refuses what the daemon's rules take and refuse. */
class RulesAgreeTest {
  private static final Spec SPEC = Spec.load();
  private static final Schema SCHEMA = schema(DocumentKind.VM);

  private static Schema schema(DocumentKind kind) {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(new DocumentSchema(SPEC, kind).json());
  }

  private static boolean schemaTakes(JsonNode document) {
    return SCHEMA.validate(document).isEmpty();
  }

  private static boolean rulesTake(JsonNode document) {
    try {
      Vm vm = Documents.read(Documents.json(document), Syntax.JSON, Vm.class);
      return SpecRules.check(vm).isEmpty();
    } catch (ProblemException e) {
      return false;
    }
  }

  private static void agree(String yaml, boolean taken) {
    JsonNode document =
        Documents.read(yaml.getBytes(StandardCharsets.UTF_8), Syntax.YAML, JsonNode.class);
    assertThat(rulesTake(document)).as("the rules take %s", yaml).isEqualTo(taken);
    assertThat(schemaTakes(document)).as("the schema takes %s", yaml).isEqualTo(taken);
  }

  private static String spec(String fields) {
    return "metadata: {name: web1}\nspec: {" + fields + "}";
  }

  private static String with(String template, String value) {
    return spec(template.replace("?", value));
  }

  @Test
  void theCatalogueOfTheProgramIsOneOfItsSchema() throws IOException {
    Path file = Path.of("../image/src/main/resources/dev/kelvin/image/pull/catalogue.yaml");
    JsonNode catalogue = Documents.read(Files.readAllBytes(file), Syntax.YAML, JsonNode.class);
    assertThat(schema(DocumentKind.CATALOGUE).validate(catalogue)).isEmpty();
    assertThat(schema(DocumentKind.CONFIG).validate(catalogue)).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.2.50,true", "172.31.1.4,true", "192.168.0.254,true", "10.0.2.2,false", "10.0.2.255,false",
    "172.32.1.4,false", "192.169.1.4,false", "10.0.2.050,false", "guest,false", "fec0::5,false"
  })
  void addressesOfGuestsAreTheSame(String address, boolean taken) {
    agree(
        spec(
            "nics: [{name: a, forwards: [{guestPort: 1, guestAddress: '%s'}]}]".formatted(address)),
        taken);
  }

  /** A place in the spec, the least and the greatest number that it takes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "cpu: {sockets: ?}; 1; 255",
        "cpu: {cores: ?}; 1; 255",
        "cpu: {threads: ?}; 1; 255",
        "shutdownTimeoutSeconds: ?; 1; 3600",
        "autostart: {order: ?}; -1000; 1000",
        "autostart: {delaySeconds: ?}; 0; 3600",
        "restart: {maxAttempts: ?}; 0; 1000000",
        "disks: [{name: a, size: 1GiB, bootIndex: ?}]; 0; 1000",
        "cdroms: [{name: a, bootIndex: ?}]; 0; 1000",
        "nics: [{name: a, bootIndex: ?}]; 0; 1000",
        "nics: [{name: a, forwards: [{guestPort: ?}]}]; 1; 65535",
        "nics: [{name: a, forwards: [{guestPort: 1, hostPort: ?}]}]; 0; 65535",
      })
  void numbersHaveTheSameLimits(String template, long least, long greatest) {
    agree(with(template, String.valueOf(least)), true);
    agree(with(template, String.valueOf(greatest)), true);
    agree(with(template, String.valueOf(least - 1)), false);
    agree(with(template, String.valueOf(greatest + 1)), false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "power: stopped, accelerator: tcg, machine: pc-q35-7.2",
        "machine: pc-i440fx-9.1, cdroms: [{name: cd0, bus: ide, image: null}]",
        "memory: {size: 32MiB}",
        "memory: {size: 4TiB}",
        "cpu: {model: Skylake-Server}",
        "boot: {kernel: /k, initrd: /i, cmdline: a=b}",
        "disks: [{name: abcdefghijklmnopqrst, image: debian-12, serial: \"A B._+:-\"}]",
        "disks: [{name: a, size: 1048576}]",
        "nics: [{name: a, mac: \"52:54:00:aB:cD:Ef\"}]",
        "nics: [{name: a, forwards: [{guestPort: 22, hostAddress: 0.0.0.0, protocol: udp}]}]",
        "cloudInit: null",
        "cloudInit: {user: _a-9, hostname: a.b, packages: [\"g++\", \"a=1~b\"], password: x}",
        "cloudInit: {sshKeys: [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFZGHVnuNhWu4hPOE64GslA+afSjTdle1w9FWLpl7JqN me@here\"]}",
        "cloudInit: {userData: \"#cloud-config\", networkConfig: \"version: 2\"}",
        "serial: {logSize: 4KiB}",
        "restart: {policy: on-failure}, firmware: {type: uefi}, graphics: {type: none}",
      })
  void bothTake(String fields) {
    agree(spec(fields), true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "power: on",
        "accelerator: hvf",
        "machine: q36",
        "machine: pc-q35",
        "cpu: {model: \"a b\"}",
        "cpu: {core: 2}",
        "memory: {size: -1}",
        "memory: {size: 1.5GiB}",
        "memory: {size: lots}",
        "memory: {size: 99999999999999999999}",
        "boot: {kernel: vmlinuz}",
        "disks: [{name: UPPER, size: 1GiB}]",
        "disks: [{name: abcdefghijklmnopqrstu, size: 1GiB}]",
        "disks: [{name: ../x, size: 1GiB}]",
        "disks: [{size: 1GiB}]",
        "disks: [{name: a, image: A}]",
        "disks: [{name: a, size: 1GiB, bus: floppy}]",
        "disks: [{name: a, size: 1GiB, serial: 123456789012345678901}]",
        "disks: {}",
        "nics: [{name: a, mac: \"52:54:00\"}]",
        "nics: [{name: a, forwards: [{hostPort: 22}]}]",
        "nics: [{name: a, forwards: [{guestPort: 22, hostAddress: localhost}]}]",
        "nics: [{name: a, forwards: [{guestPort: 22, hostAddress: 256.0.0.1}]}]",
        "nics: [{name: a, forwards: [{guestPort: ssh}]}]",
        "cloudInit: {user: Root}",
        "cloudInit: {user: \"a b\"}",
        "cloudInit: {sshKeys: [not-a-key]}",
        "cloudInit: {packages: [\"-rf\"]}",
        "cloudInit: {password: \"\"}",
        "cloudInit: {userData: \" \"}",
        "rng: 1",
        "guestAgent: \"yes\"",
        "serial: {enabled: maybe}",
      })
  void bothRefuse(String fields) {
    agree(spec(fields), false);
  }

  @Test
  void bothRefuseTooManyNics() {
    var nics = new java.util.StringJoiner(", ", "nics: [", "]");
    for (int i = 0; i < SpecRules.MAX_NICS; i++) {
      nics.add("{name: n" + i + "}");
    }
    agree(spec(nics.toString()), true);
    agree(spec(nics.add("{name: more}").toString()), false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "metadata: {}",
        "metadata: {name: ''}",
        "metadata: {name: a/b}",
        "metadata: {name: a, labels: {'': x}}",
        "metadata: {name: a, owner: me}",
        "{kind: Pod, metadata: {name: a}}",
        "{metadata: {name: a}, extra: 1}",
      })
  void bothRefuseTheDocument(String yaml) {
    agree(yaml, false);
  }

  @Test
  void theExamplesAreTakenByBoth() {
    JsonNode examples =
        SPEC.root()
            .path("components")
            .path("requestBodies")
            .path("Vm")
            .path("content")
            .path("application/json")
            .path("examples");
    assertThat(examples).hasSizeGreaterThan(1);
    for (JsonNode example : examples) {
      JsonNode document = example.path("value");
      List<?> complaints = SCHEMA.validate(document);
      assertThat(complaints).isEmpty();
      assertThat(rulesTake(document)).as(document.toString()).isTrue();
    }
  }
}
