package dev.kelvin.machine.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.QemuFiles;
import dev.kelvin.model.cpu.CpuBaseline;
import dev.kelvin.model.cpu.CpuModel;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.cpu.Baselines;
import dev.kelvin.qemu.cpu.CpuCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the real QEMU says of its CPU models, and that it takes what is made of that. */
class CpuProbeTest {
  private static final Commands COMMANDS = new Commands();

  @TempDir static Path scratch;

  private static CpuProbe probe;

  @BeforeAll
  static void makeProbe() {
    probe = new CpuProbe(COMMANDS, scratch);
  }

  @AfterAll
  static void itLeavesNoFile() throws IOException {
    try (var files = Files.list(scratch)) {
      assertThat(files).isEmpty();
    }
  }

  @BeforeEach
  void needsQemu() {
    assumeTrue(Files.isExecutable(binary("x86_64")), "QEMU is not installed");
  }

  private static Path binary(String architecture) {
    return Path.of("/usr/bin/qemu-system-" + architecture);
  }

  private static HostFacts facts(String architecture) {
    return new HostFacts(
        binary(architecture).toString(),
        "7.2.22",
        List.of("tcg"),
        Map.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        1,
        ByteSize.ofGiB(1),
        null,
        false,
        0,
        Extras.none(),
        Map.of(),
        Map.of(),
        QemuFiles.usual());
  }

  private static CpuModels models(String architecture, String accelerator) {
    assumeTrue(
        Files.isExecutable(binary(architecture)), binary(architecture) + " is not installed");
    return probe.of(facts(architecture), architecture, accelerator);
  }

  @Test
  void eachModelIsToldWithItsVendorItsFeaturesAndWhatItLacksHere() {
    CpuModels found = models("x86_64", "tcg");
    CpuModel skylake = found.model("Skylake-Server").orElseThrow();
    assertThat(skylake.name()).isEqualTo("Skylake-Server-v1");
    assertThat(skylake.vendor()).isEqualTo("GenuineIntel");
    assertThat(skylake.features()).contains("avx512f", "sse4.2", "lm").doesNotContain("sse4_2");
    assertThat(skylake.missing()).contains("avx512f");
    assertThat(found.model("qemu64").orElseThrow().runs()).isTrue();
    assertThat(found.models()).extracting(CpuModel::name).doesNotContain("host", "max", "base");
    assertThat(found.available()).contains("sse2").doesNotContain("avx512f").isSorted();
    assertThat(found.unavailable())
        .contains("avx512f")
        .doesNotContainAnyElementsOf(found.available());
    assertThat(found.host().models()).contains("qemu64-v1").doesNotContain("Skylake-Server-v1");
    assertThat(found.host().level()).isEqualTo("x86-64-v3");
    for (CpuModel model : found.models()) {
      assertThat(model.features()).as(model.name()).isNotEmpty();
    }
  }

  @Test
  void a32BitGuestHasNoLongMode() {
    CpuModels found = models("i386", "tcg");
    assertThat(found.available()).contains("sse2").doesNotContain("lm");
    assertThat(found.host().level()).isNull();
  }

  @Test
  void ofArmModelsTheNamesAreTold() {
    CpuModels found = models("aarch64", "tcg");
    assertThat(found.model("cortex-a57").orElseThrow().runs()).isTrue();
    assertThat(found.available()).contains("sve", "pauth");
  }

  @Test
  void underKvmTheVendorsAreTheModelsOwn() {
    assumeTrue(Files.isWritable(Path.of("/dev/kvm")), "/dev/kvm cannot be opened");
    CpuModels found;
    try {
      found = models("x86_64", "kvm");
    } catch (ProblemException e) {
      assumeTrue(false, "QEMU does not start on KVM: " + e.problem().oneLine());
      return;
    }
    assertThat(found.model("EPYC").orElseThrow().vendor()).isEqualTo("AuthenticAMD");
    assertThat(found.model("Skylake-Server").orElseThrow().vendor()).isEqualTo("GenuineIntel");
    assertThat(found.host().name()).isNotBlank();
    assertThat(found.host().features()).contains("kvmclock").isSubsetOf(found.available());
  }

  @Test
  void qemuTakesTheBaselineOfThisHostAndRefusesMore() throws Exception {
    CpuModels found = models("x86_64", "tcg");
    HostCpu host = found.host();
    byte[] carried = Documents.yaml(host).getBytes(StandardCharsets.UTF_8);
    assertThat(Documents.read(carried, Syntax.YAML, HostCpu.class)).isEqualTo(host);
    CpuBaseline baseline = Baselines.of(List.of(host, host), found.models());
    assertThat(baseline.features()).as("of one host it is that host").isEqualTo(host.features());
    assertThat(starts(baseline, "")).isEmpty();
    assertThat(starts(baseline, ",avx512f=on")).contains("avx512f");
  }

  /** What QEMU complains of when it makes a machine with it; empty when it takes it. */
  private static String starts(CpuBaseline baseline, String more) throws InterruptedException {
    String features =
        baseline.add().stream()
            .map(feature -> "," + feature.substring(1) + "=on")
            .collect(Collectors.joining());
    var result =
        COMMANDS.run(
            Command.of(
                    binary("x86_64").toString(),
                    "-nodefaults",
                    "-no-user-config",
                    "-display",
                    "none",
                    "-machine",
                    "q35",
                    "-accel",
                    "tcg",
                    "-cpu",
                    baseline.model() + features + more + ",enforce=on",
                    "-S",
                    "-qmp",
                    "stdio")
                .timeout(Duration.ofSeconds(30))
                .input(
                    "{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}"
                        .getBytes(StandardCharsets.UTF_8)));
    return result.stderr();
  }

  private static Problem refusal(String cpu) {
    var spec =
        Documents.read(
            ("{cpu: " + cpu + "}").getBytes(StandardCharsets.UTF_8), Syntax.YAML, VmSpec.class);
    var problem = new Problem[1];
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> CpuCheck.check(spec, facts("x86_64"), "tcg", probe))
        .satisfies(e -> problem[0] = e.problem());
    return problem[0];
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {model: Skylake-Server}     | capability-missing | spec.cpu.model       | avx512f    | Nehalem-v1
          {model: EPYC}               | capability-missing | spec.cpu.model       | under tcg  | Opteron_G2-v1
          {features: [+avx512f]}      | capability-missing | spec.cpu.features[0] | under tcg  | leave it out
          {features: [+aes, -avx3]}   | invalid-argument   | spec.cpu.features[1] | not list   | did you mean -avx
          {features: [+sse4_2]}       | invalid-argument   | spec.cpu.features[0] | not list   | did you mean +sse4.2
          """)
  void whatThisHostCannotGiveIsRefusedWithWhatItCan(
      String cpu, String code, String field, String cause, String remedy) {
    Problem problem = refusal(cpu);
    assertThat(problem.code().wire()).isEqualTo(code);
    assertThat(problem.field()).isEqualTo(field);
    assertThat(problem.cause()).contains(cause);
    assertThat(problem.remedy()).contains(remedy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{model: max}", "{model: qemu64, features: [+aes, -svm]}"})
  void whatRunsIsTaken(String cpu) {
    var spec =
        Documents.read(
            ("{cpu: " + cpu + "}").getBytes(StandardCharsets.UTF_8), Syntax.YAML, VmSpec.class);
    CpuCheck.check(spec, facts("x86_64"), "tcg", probe);
    assertThat(spec.cpu().count()).isEqualTo(1);
  }

  @Test
  void aQemuThatDoesNotTellIsNamed() {
    var silent = facts("none");
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> probe.of(silent, "x86_64", "tcg"))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CAPABILITY_MISSING));
  }
}
