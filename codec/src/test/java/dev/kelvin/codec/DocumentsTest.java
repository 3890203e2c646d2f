package dev.kelvin.codec;

import static dev.kelvin.codec.Documents.Syntax.JSON;
import static dev.kelvin.codec.Documents.Syntax.YAML;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.CacheMode;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.VmSpec;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentsTest {
  private static final String FULL =
      """
      kind: VM
      metadata:
        name: web1
        labels: {tier: front, "yes": "no", n: "1"}
      spec:
        power: stopped
        accelerator: kvm
        machine: pc-q35-7.2
        cpu: {sockets: 2, cores: 4, threads: 2, model: Skylake-Server}
        memory: {size: 2GiB, hugePages: true}
        firmware: {type: uefi}
        boot: {kernel: /k, initrd: /i, cmdline: "console=ttyS0 a: b # c"}
        disks:
          - {name: root, image: debian, size: 10GiB, bus: nvme, cache: writeback,
             discard: ignore, serial: "007", bootIndex: 0}
          - {name: data, size: 1073741824, readOnly: false, ioThread: false}
        cdroms:
          - {name: cd, image: tools, bus: virtio-scsi, bootIndex: 1}
        nics:
          - name: net0
            model: e1000e
            mac: 52:54:00:12:34:56
            forwards: [{protocol: udp, hostAddress: 0.0.0.0, hostPort: 53, guestPort: 5353}]
            bootIndex: 2
            netboot: {file: "http://10.0.2.2/boot.ipxe", directory: /srv/tftp}
        graphics: {type: vnc, model: qxl, others: [virtio]}
        serial: {enabled: false, logSize: 64KiB}
        rng: false
        guestAgent: false
        cloudInit:
          hostname: web1.example.org
          user: ann
          sshKeys: [ssh-ed25519 AAAA ann]
          password: "null"
          packages: [vim]
          networkConfig: |
            version: 2
            ethernets: {}
        autostart: {enabled: true, order: 3, delaySeconds: 7}
        restart: {policy: on-failure, maxAttempts: 5}
        shutdownTimeoutSeconds: 30
        deletionProtection: true
      """;

  static Vm vm(String text, Syntax syntax) {
    return Documents.read(text.getBytes(StandardCharsets.UTF_8), syntax, Vm.class);
  }

  static Problem refusal(byte[] text, Syntax syntax) {
    var thrown =
        catchThrowableOfType(ProblemException.class, () -> Documents.read(text, syntax, Vm.class));
    assertThat(thrown).as("it is refused").isNotNull();
    assertThat(thrown.problem().cause()).isNotBlank();
    assertThat(thrown.problem().remedy()).isNotBlank();
    return thrown.problem();
  }

  static Problem refusal(String text, Syntax syntax) {
    return refusal(text.getBytes(StandardCharsets.UTF_8), syntax);
  }

  @Test
  void readsEveryField() {
    var spec = vm(FULL, YAML).spec();
    assertThat(spec.accelerator()).isEqualTo(Accelerator.KVM);
    assertThat(spec.cpu().count()).isEqualTo(16);
    assertThat(spec.memory().size()).isEqualTo(ByteSize.ofGiB(2));
    assertThat(spec.firmware().type()).isEqualTo(FirmwareType.UEFI);
    assertThat(spec.boot().cmdline()).isEqualTo("console=ttyS0 a: b # c");
    assertThat(spec.disks().getFirst().bus()).isEqualTo(DiskBus.NVME);
    assertThat(spec.disks().getFirst().cache()).isEqualTo(CacheMode.WRITEBACK);
    assertThat(spec.disks().getFirst().serial()).isEqualTo("007");
    assertThat(spec.disks().getLast().size()).isEqualTo(ByteSize.ofGiB(1));
    assertThat(spec.nics().getFirst().mac()).isEqualTo("52:54:00:12:34:56");
    assertThat(spec.cloudInit()).isNotNull();
    assertThat(spec.deletionProtection()).isTrue();
  }

  @Test
  void whatItWritesItReadsInBothSyntaxes() {
    var vm = vm(FULL, YAML);
    assertThat(vm(Documents.yaml(vm), YAML)).isEqualTo(vm);
    assertThat(vm(Documents.prettyJson(vm), JSON)).isEqualTo(vm);
    assertThat(vm(new String(Documents.json(vm), StandardCharsets.UTF_8), JSON)).isEqualTo(vm);
    assertThat(vm(Documents.prettyJson(vm), YAML)).as("JSON is YAML").isEqualTo(vm);
    assertThat(Documents.readTrusted(Documents.json(vm), Vm.class)).isEqualTo(vm);
    assertThat(Documents.readTrusted(Documents.tree(vm), Vm.class)).isEqualTo(vm);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "yes",
        "no",
        "on",
        "null",
        "~",
        "1",
        "1.0",
        "0x1f",
        "007",
        "1e3",
        "12:30:45",
        "2024-01-01",
        "a: b",
        "a #b",
        "- a",
        "'quoted'",
        "\"double\"",
        "two\nlines",
        " leading",
        "trailing ",
        "tab\there",
        "{x: y}",
        "[a]",
        "&anchor",
        "*alias",
        "!tag",
        "%x",
        "@x",
        "`x",
        "|",
        ">",
        "ü東😀",
        "",
        "\u0085",
        "\u2028"
      })
  void textsSurviveYamlWhateverTheyLookLike(String text) {
    var vm = vm("{metadata: {name: web1}}", YAML);
    var labelled = vm.withMetadata(vm.metadata().withLabels(java.util.Map.of("k", text)));
    assertThat(vm(Documents.yaml(labelled), YAML).metadata().labels()).containsEntry("k", text);
  }

  @Test
  void aSpecThatSaysNothingHasEveryDefault() {
    var vm = vm("{metadata: {name: web1}}", YAML);
    assertThat(vm.kind()).isEqualTo("VM");
    assertThat(vm.spec().machine()).isEqualTo("q35");
    assertThat(vm.spec().memory().size()).isEqualTo(ByteSize.ofGiB(1));
    assertThat(vm(Documents.yaml(vm), YAML)).isEqualTo(vm);
  }

  @Test
  void anEmptyListIsEmptyAndNullIsTheDefault() {
    var spec =
        vm("{metadata: {name: a}, spec: {disks: [], nics: null, memory: null}}", YAML).spec();
    assertThat(spec.disks()).isEmpty();
    assertThat(spec.nics()).isEmpty();
    assertThat(spec.memory().size()).isEqualTo(ByteSize.ofGiB(1));
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void anUnknownFieldIsRefusedWithASuggestion(Syntax syntax) {
    var problem = refusal("{\"spec\": {\"memroy\": {\"size\": \"1GiB\"}}}", syntax);
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.field()).isEqualTo("spec.memroy");
    assertThat(problem.remedy()).isEqualTo("did you mean \"memory\"?");
  }

  @Test
  void anUnknownFieldThatIsLikeNoneGetsTheList() {
    var problem = refusal("{spec: {disks: [{name: a}, {zzz: 1}]}}", YAML);
    assertThat(problem.field()).isEqualTo("spec.disks[1].zzz");
    assertThat(problem.remedy()).contains("bootIndex").contains("serial");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"spec\": {\"rng\": \"maybe\"}}|spec.rng|true or false",
        "{\"spec\": {\"rng\": \"true\"}}|spec.rng|true or false",
        "{\"spec\": {\"rng\": 1}}|spec.rng|true or false",
        "{\"spec\": {\"cpu\": {\"cores\": \"many\"}}}|spec.cpu.cores|whole number",
        "{\"spec\": {\"cpu\": {\"cores\": 1.5}}}|spec.cpu.cores|whole number",
        "{\"spec\": {\"cpu\": {\"cores\": 99999999999}}}|spec.cpu.cores|whole number",
        "{\"spec\": {\"cpu\": {\"cores\": [1]}}}|spec.cpu.cores|whole number",
        "{\"spec\": {\"cpu\": 4}}|spec.cpu|group of fields",
        "{\"spec\": {\"disks\": {\"name\": \"a\"}}}|spec.disks|list",
        "{\"spec\": {\"disks\": [5]}}|spec.disks[0]|group of fields",
        "{\"spec\": {\"machine\": {}}}|spec.machine|text",
        "{\"spec\": {\"machine\": 35}}|spec.machine|text",
        "{\"spec\": []}|spec|group of fields",
        "{\"spec\": {\"memory\": {\"size\": true}}}|spec.memory.size|size",
        "{\"spec\": {\"memory\": {\"size\": 1.5}}}|spec.memory.size|size",
        "{\"metadata\": {\"labels\": [\"a\"]}}|metadata.labels|group of fields",
        "[]|(the whole document)|group of fields",
        "5|(the whole document)|group of fields",
        "\"x\"|(the whole document)|group of fields"
      })
  void aWrongTypeNamesTheFieldAndWhatItWants(String row) {
    String[] parts = row.split("\\|", -1);
    for (var syntax : Syntax.values()) {
      var problem = refusal(parts[0], syntax);
      assertThat(problem.code()).as("%s %s", syntax, parts[0]).isEqualTo(Code.INVALID_ARGUMENT);
      assertThat(problem.field()).isEqualTo(parts[1]);
      assertThat(problem.cause() + problem.remedy()).as(parts[0]).contains(parts[2]);
    }
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void aWrongWordGetsTheRightOnes(Syntax syntax) {
    var problem =
        refusal("{\"spec\": {\"disks\": [{\"name\": \"a\", \"bus\": \"scsi\"}]}}", syntax);
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.field()).isEqualTo("spec.disks[0].bus");
    assertThat(problem.cause()).contains("\"scsi\"");
    assertThat(problem.remedy()).contains("virtio-blk, virtio-scsi, nvme, sata");
  }

  @ParameterizedTest
  @ValueSource(strings = {"VIRTIO_BLK", "Virtio-blk", "0", ""})
  void wordsAreTakenByTheirWireNamesOnly(String bus) {
    assertThat(refusal("{spec: {disks: [{name: a, bus: '" + bus + "'}]}}", YAML).field())
        .isEqualTo("spec.disks[0].bus");
  }

  @Test
  void anImpossibleSizeSaysWhy() {
    assertThat(refusal("{spec: {memory: {size: 10EiB}}}", YAML))
        .satisfies(problem -> {
          assertThat(problem.field()).isEqualTo("spec.memory.size");
          assertThat(problem.cause()).contains("\"10EiB\" is too large");
        });
    assertThat(refusal("{spec: {disks: [{name: a, size: -5GiB}]}}", YAML).cause())
        .contains("\"-5GiB\" is not a size");
    assertThat(refusal("{\"spec\": {\"memory\": {\"size\": -1}}}", JSON).field())
        .isEqualTo("spec.memory.size");
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void aFieldGivenTwiceIsRefused(Syntax syntax) {
    var problem = refusal("{\"spec\": {\"rng\": true, \"rng\": false}}", syntax);
    assertThat(problem.code()).isEqualTo(Code.MALFORMED);
    assertThat(problem.cause()).containsIgnoringCase("duplicate").contains("rng");
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void aListWithNothingInAPlaceIsRefused(Syntax syntax) {
    var problem = refusal("{\"spec\": {\"disks\": [null]}}", syntax);
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.field()).startsWith("spec.disks");
    problem = refusal("{\"spec\": {\"cloudInit\": {\"sshKeys\": [\"a\", null]}}}", syntax);
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.field()).startsWith("spec.cloudInit.sshKeys");
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void bytesThatAreNoUtf8AreRefused(Syntax syntax) {
    for (byte[] bytes :
        new byte[][] {
          {'{', '"', (byte) 0xC3, '"', ':', '1', '}'},
          {(byte) 0xFF, (byte) 0xFE, '{', 0, '}', 0},
          {'{', '"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"', ':', '1', '}'},
          {(byte) 0xC0, (byte) 0x80}
        }) {
      var problem = refusal(bytes, syntax);
      assertThat(problem.code()).isEqualTo(Code.MALFORMED);
      assertThat(problem.detail()).contains("UTF-8");
    }
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void aByteOrderMarkIsNoFault(Syntax syntax) {
    assertThat(vm("\uFEFF{\"metadata\": {\"name\": \"a\"}}", syntax).metadata().name())
        .isEqualTo("a");
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void aDeepDocumentIsRefused(Syntax syntax) {
    for (int depth : new int[] {Documents.MAX_DEPTH + 1, 10_000, 200_000}) {
      var problem = refusal("[".repeat(depth) + "]".repeat(depth), syntax);
      assertThat(problem.code()).isIn(Code.TOO_LARGE, Code.INVALID_ARGUMENT);
      problem = refusal("{\"spec\": " + "[".repeat(depth) + "]".repeat(depth) + "}", syntax);
      assertThat(problem.code()).isIn(Code.TOO_LARGE, Code.INVALID_ARGUMENT);
    }
  }

  @ParameterizedTest
  @EnumSource(Syntax.class)
  void aHugeDocumentIsRefused(Syntax syntax) {
    String text = "{\"metadata\": {\"name\": \"" + "x".repeat(Documents.MAX_BYTES) + "\"}}";
    var problem = refusal(text, syntax);
    assertThat(problem.code()).isEqualTo(Code.TOO_LARGE);
    assertThat(problem.cause()).contains(Integer.toString(Documents.MAX_BYTES));
  }

  @Test
  void aliasesThatMultiplyAreRefused() {
    var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String other = "*a" + (i - 1);
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, (other + ", ").repeat(8) + other));
    }
    assertThat(refusal(bomb.toString(), YAML).code()).isIn(Code.INVALID_ARGUMENT, Code.MALFORMED);
  }

  @Test
  void anAliasIsNotTakenForTheNameOfItsAnchor() {
    var problem =
        refusal("metadata: {name: a, labels: {team: &t blue,\n  owner: *t}}\nspec: {}", YAML);
    assertThat(problem.code()).isEqualTo(Code.MALFORMED);
    assertThat(problem.detail()).contains("*t");
    assertThat(problem.cause()).contains("line 2");
    assertThat(vm("{metadata: {name: a, labels: {team: '*t'}}}", YAML).metadata().labels())
        .containsEntry("team", "*t");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n", "null", "# nothing", "---"})
  void anEmptyDocumentIsRefused(String text) {
    assertThat(refusal(text, YAML).code()).isEqualTo(Code.MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "null", "{", "{\"a\"", "{} {}", "{}x", "{'a': 1}", "// {}", "{,}"})
  void brokenJsonIsRefused(String text) {
    assertThat(refusal(text, JSON).code()).isEqualTo(Code.MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "a: b: c",
        "a: [1",
        "\ta: 1",
        "a: 1\n b: 2",
        "{metadata: {name: a}}\n---\n{metadata: {name: b}}"
      })
  void brokenYamlIsRefused(String text) {
    assertThat(refusal(text, YAML).code()).isEqualTo(Code.MALFORMED);
  }

  @Test
  void aSyntaxFaultHasItsPlace() {
    assertThat(refusal("kind: VM\nmetadata:\n  name: a\n bad: x\n", YAML).cause())
        .contains("line ");
  }

  @Test
  void yamlTagsMakeNoObjects() {
    var vm = vm("{metadata: {name: a}, spec: !!javax.script.ScriptEngineManager {}}", YAML);
    assertThat(vm.spec()).isEqualTo(VmSpec.defaults());
  }

  @Test
  void refusalsOfDamagedDocumentsAreAlwaysProblems() {
    var random = new Random(11);
    byte[] good = FULL.getBytes(StandardCharsets.UTF_8);
    byte[] json = Documents.json(vm(FULL, YAML));
    for (int i = 0; i < 2000; i++) {
      boolean yaml = i % 2 == 0;
      byte[] damaged = (yaml ? good : json).clone();
      for (int j = 0; j <= random.nextInt(4); j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        Documents.read(damaged, yaml ? YAML : JSON, Vm.class);
      } catch (ProblemException e) {
        assertThat(e.problem().code())
            .as(new String(damaged, StandardCharsets.UTF_8))
            .isIn(Code.MALFORMED, Code.INVALID_ARGUMENT, Code.TOO_LARGE);
      }
    }
  }

  @Test
  void otherVersionsMayKnowMoreFields() {
    byte[] json =
        "{\"metadata\": {\"name\": \"a\", \"new\": 1}, \"spec\": {\"newer\": {\"x\": []}}}"
            .getBytes(StandardCharsets.UTF_8);
    assertThat(Documents.readTrusted(json, Vm.class).metadata().name()).isEqualTo("a");
  }

  @Test
  void timesAreWrittenForPeople() {
    assertThat(Documents.yaml(vm("{metadata: {name: a}}", YAML)))
        .contains("createdAt: \"1970-01-01T00:00:00Z\"");
  }
}
