package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.api.Client;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the descriptions of two hosts to a guest that has what both have. */
@Tag("slow")
class CpuTest extends OnOneDaemon {

  @Test
  void theBaselineOfTwoHostsIsWhatTheGuestSees(@TempDir Path files) throws Exception {
    var described = daemon.kelvin("cpu", "describe", "--accelerator", "tcg");
    assertThat(described.exitCode()).isZero();
    Path here = Files.writeString(files.resolve("here.yaml"), described.output());
    Path other = Files.writeString(files.resolve("other.yaml"), withoutAvx(described.output()));
    var computed = daemon.kelvin("cpu", "baseline", here.toString(), other.toString());
    assertThat(computed.exitCode()).isZero();
    assertThat(computed.output()).startsWith("# What 2 hosts have in common");

    record Part(VmSpec spec) {}
    Cpu cpu =
        Documents.read(computed.output().getBytes(StandardCharsets.UTF_8), Syntax.YAML, Part.class)
            .spec()
            .cpu();
    assertThat(cpu.features()).contains("+aes", "+bmi2").doesNotContain("+avx", "+avx2");
    daemon.create(
        Guests.tiny(
            "common", TinyGuest.obtain(), "", spec -> spec.accelerator(Accelerator.TCG).cpu(cpu)));
    daemon.awaitSerial("common", TinyGuest.READY);
    type(
        "echo SEEN $(for f in sse4_2 aes bmi2 avx avx2 fma; do grep -qw $f /proc/cpuinfo && echo $f;"
            + " done) END");
    daemon.awaitSerial("common", "SEEN sse4_2 aes bmi2 END");
  }

  /** Another host, which has no AVX, and so does not run the models with it. */
  private static String withoutAvx(String description) {
    HostCpu host =
        Documents.read(description.getBytes(StandardCharsets.UTF_8), Syntax.YAML, HostCpu.class);
    var avx = List.of("avx", "avx2", "fma", "f16c", "vaes", "xsave", "xsaveopt", "xgetbv1");
    CpuModels models = daemon.client().host().cpuModels(null, "tcg");
    return Documents.yaml(
        new HostCpu(
            host.kind(),
            host.architecture(),
            host.accelerator(),
            host.qemuVersion(),
            host.vendor(),
            "another",
            "x86-64-v2",
            host.features().stream().filter(one -> !avx.contains(one)).toList(),
            host.models().stream()
                .filter(name ->
                    models.model(name).orElseThrow().features().stream().noneMatch(avx::contains))
                .toList()));
  }

  private static void type(String line) throws IOException {
    try (MessageSocket console = daemon.client().console("common", Client.Console.SERIAL)) {
      console.send((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void aCpuThatThisHostCannotGiveIsRefusedAtCreation() {
    var wish =
        Guests.empty(
            "big",
            spec ->
                spec.accelerator(Accelerator.TCG)
                    .cpu(Cpu.of(1).withModel("Skylake-Server", List.of())));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.create(wish))
        .satisfies(e -> {
          assertThat(e.problem().field()).isEqualTo("spec.cpu.model");
          assertThat(e.problem().cause()).contains("avx512f");
          assertThat(e.problem().remedy()).contains("run here");
        });
  }

  @Test
  void theListTellsWhatRunsAndWhatOthersLack() throws Exception {
    var runs = daemon.kelvin("cpu", "models", "--accelerator", "tcg");
    assertThat(runs.output()).contains("qemu64-v1").doesNotContain("Skylake-Server-v1");
    var all = daemon.kelvin("cpu", "models", "--accelerator", "tcg", "--all");
    assertThat(all.output()).containsPattern("Skylake-Server-v1 +Skylake-Server .*avx512f");
    var arm = daemon.kelvin("cpu", "baseline", "/dev/null");
    assertThat(arm.exitCode()).isNotZero();
    assertThat(arm.output()).contains("There is no document");
  }
}
