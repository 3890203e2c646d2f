package dev.kelvin.qemu.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.cpu.CpuBaseline;
import dev.kelvin.model.cpu.CpuModel;
import dev.kelvin.model.cpu.HostCpu;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BaselinesTest {
  private static final List<CpuModel> MODELS = CpuFiles.models();

  private static CpuBaseline baseline(List<HostCpu> hosts) {
    return Baselines.of(hosts, MODELS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          skylake                       | Skylake-Server-v4     | x86-64-v4
          skylake cascadelake           | Skylake-Server-v4     | x86-64-v4
          broadwell cascadelake         | Broadwell-v4          | x86-64-v3
          broadwell skylake cascadelake | Broadwell-v4          | x86-64-v3
          cascadelake                   | Cascadelake-Server-v4 | x86-64-v4
          rome milan                    | EPYC-Rome-v2          | x86-64-v3
          milan                         | EPYC-Milan-v1         | x86-64-v3
          broadwell rome                | qemu64-v1             | x86-64-v3
          """)
  void itIsTheLargestModelThatAllHave(String names, String model, String level) {
    List<HostCpu> hosts = Stream.of(names.split(" ")).map(CpuFiles::host).toList();
    CpuBaseline found = baseline(hosts);
    assertThat(found.model()).isEqualTo(model);
    assertThat(found.level()).isEqualTo(level);
    runsOnEach(found, hosts, MODELS);
  }

  @Test
  void whatAllHaveBeyondTheModelIsAdded() {
    var found = baseline(List.of(CpuFiles.host("skylake"), CpuFiles.host("cascadelake")));
    assertThat(found.add()).contains("+kvmclock", "+umip", "+ss").doesNotContain("+vmx", "+avx2");
    assertThat(found.vendor()).isEqualTo("GenuineIntel");
  }

  @Test
  void hostsOfDifferentVendorsAreSaidToBe() {
    var found = baseline(List.of(CpuFiles.host("skylake"), CpuFiles.host("milan")));
    assertThat(found.vendor()).isNull();
    assertThat(found.add()).contains("+avx2", "+aes").doesNotContain("+avx512f");
  }

  /** Everything that a guest with it sees, each of the hosts has; and no host has it not. */
  private static void runsOnEach(CpuBaseline found, List<HostCpu> hosts, List<CpuModel> models) {
    var all = new TreeSet<>(model(found.model(), models).features());
    found.add().forEach(feature -> all.add(feature.substring(1)));
    assertThat(found.features()).containsExactlyElementsOf(all);
    for (HostCpu host : hosts) {
      assertThat(host.models()).contains(found.model());
      assertThat(host.features()).containsAll(all);
    }
    var common = new TreeSet<>(hosts.getFirst().features());
    hosts.forEach(host -> common.retainAll(host.features()));
    assertThat(found.features()).as("nothing is lost").containsExactlyElementsOf(common);
  }

  private static CpuModel model(String name, List<CpuModel> models) {
    return models.stream().filter(model -> model.name().equals(name)).findFirst().orElseThrow();
  }

  /** The host that has just the baseline, and runs the models that fit into it. */
  private static HostCpu asHost(CpuBaseline found, HostCpu like, List<CpuModel> models) {
    return host(found.vendor(), found.features(), models, like);
  }

  private static HostCpu host(
      @Nullable String vendor, List<String> features, List<CpuModel> models, HostCpu like) {
    var runs =
        models.stream()
            .filter(model -> features.containsAll(model.features()))
            .map(CpuModel::name)
            .toList();
    return new HostCpu(
        HostCpu.KIND,
        like.architecture(),
        like.accelerator(),
        like.qemuVersion(),
        vendor,
        null,
        null,
        features,
        runs);
  }

  static List<Long> seeds() {
    return IntStream.range(0, 200).mapToObj(Long::valueOf).toList();
  }

  /** Some hosts with some features each, on which QEMU64's are never missing. */
  private static List<HostCpu> someHosts(Random random, List<CpuModel> models) {
    var all = new TreeSet<String>();
    models.forEach(model -> all.addAll(model.features()));
    all.addAll(List.of("umip", "vmx", "ss", "kvmclock"));
    var like = CpuFiles.host("skylake");
    var hosts = new ArrayList<HostCpu>();
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      var features = new HashSet<>(model("qemu64-v1", models).features());
      features.addAll(models.get(random.nextInt(models.size())).features());
      all.stream().filter(feature -> random.nextInt(10) == 0).forEach(features::add);
      String vendor = random.nextInt(4) == 0 ? "AuthenticAMD" : "GenuineIntel";
      hosts.add(host(vendor, List.copyOf(features), models, like));
    }
    return hosts;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theLawsHoldForAnyHosts(long seed) {
    var random = new Random(seed);
    List<HostCpu> hosts = someHosts(random, MODELS);
    CpuBaseline found = baseline(hosts);
    runsOnEach(found, hosts, MODELS);

    var shuffled = new ArrayList<>(hosts);
    Collections.shuffle(shuffled, random);
    assertThat(baseline(shuffled)).as("the order does not matter").isEqualTo(found);

    var twice = new ArrayList<>(hosts);
    twice.addAll(hosts);
    assertThat(baseline(twice)).as("the same host again changes nothing").isEqualTo(found);

    HostCpu common = asHost(found, hosts.getFirst(), MODELS);
    var again = new ArrayList<>(hosts);
    again.add(common);
    assertThat(baseline(again)).as("idempotent").isEqualTo(found);
    assertThat(baseline(List.of(hosts.getFirst())).features())
        .as("of one host it is that host")
        .isEqualTo(hosts.getFirst().features());
    if (hosts.size() > 1) {
      CpuBaseline fewer = baseline(hosts.subList(1, hosts.size()));
      assertThat(fewer.features()).as("a host less takes nothing").containsAll(found.features());
    }
  }

  @Test
  void aModelThatAnOldQemuLacksIsNotTaken() {
    HostCpu sky = CpuFiles.host("skylake");
    var old =
        new HostCpu(
            sky.kind(),
            sky.architecture(),
            sky.accelerator(),
            "5.2.0",
            sky.vendor(),
            sky.name(),
            sky.level(),
            sky.features(),
            sky.models().stream().filter(name -> !name.startsWith("Skylake")).toList());
    CpuBaseline found = baseline(List.of(sky, old));
    assertThat(found.model()).isEqualTo("Broadwell-v4");
    assertThat(found.features()).isEqualTo(sky.features());
  }

  @ParameterizedTest
  @CsvSource({
    "architecture: i386, architectures are i386 and x86_64",
    "accelerator: tcg, accelerators are kvm and tcg"
  })
  void hostsThatCannotShareGuestsAreRefused(String other, String cause) {
    HostCpu sky = CpuFiles.host("skylake");
    boolean architecture = other.startsWith("architecture");
    var changed =
        new HostCpu(
            sky.kind(),
            architecture ? "i386" : sky.architecture(),
            architecture ? sky.accelerator() : "tcg",
            sky.qemuVersion(),
            sky.vendor(),
            null,
            null,
            sky.features(),
            sky.models());
    refuses(List.of(sky, changed), cause);
  }

  @Test
  void documentsThatSayNothingAreRefused() {
    HostCpu sky = CpuFiles.host("skylake");
    refuses(List.of(), "what hosts have in common");
    refuses(List.of(sky, asKind("VM", sky)), "it is of kind VM");
    refuses(
        List.of(
            new HostCpu(
                HostCpu.KIND, "x86_64", "kvm", "7.2.22", null, null, null, List.of(), List.of())),
        "it names no features");
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> Baselines.of(List.of(sky), List.of()))
        .satisfies(e -> assertThat(e.problem().detail()).contains("No CPU model runs on all"));
  }

  private static HostCpu asKind(String kind, HostCpu host) {
    return new HostCpu(
        kind,
        host.architecture(),
        host.accelerator(),
        host.qemuVersion(),
        host.vendor(),
        host.name(),
        host.level(),
        host.features(),
        host.models());
  }

  private static void refuses(List<HostCpu> hosts, String cause) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> baseline(hosts))
        .satisfies(e -> {
          assertThat(e.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
          assertThat(e.problem().cause()).contains(cause);
          assertThat(e.problem().remedy()).isNotBlank();
        });
  }

  @Test
  void aRefusalNamesTheNearestModelsThatRun() {
    CpuModel wanted = model("Cascadelake-Server-v4", MODELS);
    var here =
        MODELS.stream()
            .map(model ->
                new CpuModel(
                    model.name(),
                    List.of(),
                    model.vendor(),
                    false,
                    model.name().contains("lake") ? List.of("avx512f") : List.of(),
                    model.features()))
            .toList();
    assertThat(CpuCheck.nearest(wanted, here))
        .containsExactly("Broadwell-v4", "Haswell-v4", "SandyBridge-v1");
  }
}
