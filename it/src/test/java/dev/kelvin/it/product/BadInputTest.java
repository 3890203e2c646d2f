package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each bad input gets a problem with code, field, cause and remedy, and leaves nothing behind. */
class BadInputTest extends OnOneDaemon {

  private static Problem refusal(String yaml) {
    var problem = new Problem[1];
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.client().createVm(new VmDocument(yaml, Syntax.YAML)))
        .satisfies(e -> problem[0] = e.problem());
    return problem[0];
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          memorry: {size: 1GiB}              | invalid-argument | spec.memorry
          memory: {size: 0}                  | invalid-argument | spec.memory.size
          memory: {size: -1}                 | invalid-argument | spec.memory.size
          memory: {size: 10EiB}              | invalid-argument | spec.memory.size
          memory: {size: [1]}                | invalid-argument | spec.memory.size
          memory: 1GiB                       | invalid-argument | spec.memory
          cpu: {cores: 0}                    | invalid-argument | spec.cpu.cores
          cpu: {cores: two}                  | invalid-argument | spec.cpu.cores
          cpu: {cores: 1.5}                  | invalid-argument | spec.cpu.cores
          cpu: {model: NoSuchCpu}            | invalid-argument | spec.cpu.model
          machine: vax                       | invalid-argument | spec.machine
          firmware: {type: efi}              | invalid-argument | spec.firmware.type
          disks: [{name: a, size: 0}]        | invalid-argument | spec.disks[0].size
          disks: [{name: a, size: 10EiB}]    | invalid-argument | spec.disks[0].size
          disks: [{name: a}]                 | invalid-argument | spec.disks[0].size
          disks: [{name: ../a, size: 1MiB}]  | invalid-argument | spec.disks[0].name
          disks: [{name: a, image: none}]    | not-found        | spec.disks[0].image
          disks: [{name: a, volume: none}]   | not-found        | spec.disks[0].volume
          disks: [{name: a, volume: ../a}]   | invalid-argument | spec.disks[0].volume
          cdroms: [{name: a, image: none}]   | not-found        | spec.cdroms[0].image
          nics: [{name: a, mac: nonsense}]   | invalid-argument | spec.nics[0].mac
          boot: {kernel: vmlinuz}            | invalid-argument | spec.boot.kernel
          accelerator: warp                  | invalid-argument | spec.accelerator
          """)
  void aBadFieldIsNamed(String spec, String code, String field) {
    Problem problem = refusal("kind: VM\nmetadata: {name: bad}\nspec: {" + spec + "}\n");
    assertThat(problem.code().wire()).isEqualTo(code);
    assertThat(problem.field()).isEqualTo(field);
    assertThat(problem.remedy()).isNotBlank();
  }

  @ParameterizedTest
  @CsvSource({"../../etc/passwd", "a/b", "UPPER", "-dash", "'with space'", "ünïcode"})
  void aNameThatIsNoLabelIsRefused(String name) {
    Problem problem = refusal("metadata: {name: \"" + name + "\"}\nspec: {}\n");
    assertThat(problem.field()).isEqualTo("metadata.name");
  }

  @Test
  void aDeeplyNestedDocumentIsRefused() {
    Problem problem = refusal("metadata: " + "[".repeat(5000) + "]".repeat(5000));
    assertThat(problem.code().httpStatus()).isIn(400, 413);
    assertThat(problem.remedy()).isNotBlank();
  }

  @Test
  void aHugeDocumentIsRefused() {
    Problem problem = refusal("metadata: {name: " + "a".repeat(3 << 20) + "}");
    assertThat(problem.code()).isEqualTo(Code.TOO_LARGE);
  }

  @Test
  void namesAndAddressesBelongToOneVm() {
    var nic = Nic.of("lan").withMac("52:54:00:aa:bb:cc");
    daemon.create(Guests.empty("first", spec -> Guests.stopped().apply(spec).nics(List.of(nic))));
    assertThat(refusal("metadata: {name: first}\nspec: {}\n").code())
        .isEqualTo(Code.ALREADY_EXISTS);
    Problem taken =
        refusal(
            "metadata: {name: second}\nspec: {nics: [{name: x, mac: \"52:54:00:AA:BB:CC\"}]}\n");
    assertThat(taken.code()).isEqualTo(Code.CONFLICT);
    assertThat(taken.cause()).contains("vm/first");
  }

  @Test
  void aVolumeBelongsToOneDisk() {
    var data = Disk.of("data", null, ByteSize.ofMiB(8));
    var first =
        daemon.create(
            Guests.empty("first", spec -> Guests.stopped().apply(spec).disks(List.of(data))));
    String volume = first.metadata().id() + "-data";
    Problem taken = refusal(volumeOf(volume, ""));
    assertThat(taken.code()).isEqualTo(Code.CONFLICT);
    assertThat(taken.object()).isEqualTo("vm/second");
    assertThat(taken.field()).isEqualTo("spec.disks[0].volume");
    assertThat(taken.cause()).isEqualTo("vm/first uses it as disk data");
    assertThat(taken.remedy()).isNotBlank();
    Problem twice = refusal(volumeOf(volume, ", {name: b, volume: " + volume + "}"));
    assertThat(twice.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(twice.field()).isEqualTo("spec.disks[1].volume");
    Problem mistyped = refusal(volumeOf(first.metadata().id() + "-dtaa", ""));
    assertThat(mistyped.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(mistyped.field()).isEqualTo("spec.disks[0].volume");
    assertThat(mistyped.remedy()).contains(volume);
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.client().volumes().delete(volume))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CONFLICT))
        .satisfies(e -> assertThat(e.problem().cause()).contains("vm/first"));
    daemon.done(daemon.client().detachDisk("first", "data"));
    Problem small = refusal(volumeOf(volume + ", size: 4MiB", ""));
    assertThat(small.field()).isEqualTo("spec.disks[0].size");
    assertThat(daemon.client().volumes().get(volume).usedBy()).isNull();
  }

  private static String volumeOf(String volume, String more) {
    return "metadata: {name: second}\nspec: {disks: [{name: a, volume: "
        + volume
        + "}"
        + more
        + "]}\n";
  }

  @Test
  void aVmThatDemandsKvmIsNotCreatedWithoutIt() {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        daemon.client().host().doctor().accelerator().equals("tcg"), "KVM works on this host");
    Problem problem = refusal("metadata: {name: fast}\nspec: {accelerator: kvm}\n");
    assertThat(problem.code()).isEqualTo(Code.CAPABILITY_MISSING);
    assertThat(problem.field()).isEqualTo("spec.accelerator");
  }

  @Test
  void whatOnlyQemuFindsWrongIsUndone() {
    Task task =
        daemon.ended(
            daemon
                .client()
                .createVm(
                    VmDocument.of(
                        Guests.empty(
                            "refused",
                            spec ->
                                spec.boot(
                                    dev.kelvin.model.spec.Boot.kernel(
                                        Guests.kernelThatQemuRefuses().toString(), null, null))))));
    assertThat(task.state()).isEqualTo(TaskState.FAILED);
    assertThat(Objects.requireNonNull(task.problem()).remedy()).isNotBlank();
    assertThat(daemon.client().allVms(ListQuery.all())).isEmpty();
  }

  @Test
  void anOldRevisionIsRefused() {
    var vm = daemon.create(Guests.empty("edited", Guests.stopped()));
    var changed = vm.withSpec(vm.spec().toBuilder().cpu(Cpu.of(2)).build());
    long revision = vm.metadata().revision();
    daemon.done(daemon.client().updateVm("edited", VmDocument.of(changed), revision));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.client().updateVm("edited", VmDocument.of(changed), revision))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.REVISION_MISMATCH));
  }

  @Test
  void aRunningOrProtectedVmIsNotDeletedByMistake() {
    daemon.create(Guests.empty("kept", spec -> spec.deletionProtection(true)));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.client().deleteVm("kept", true))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.PROTECTED));
    var vm = daemon.client().vm("kept");
    var unprotected = vm.withSpec(vm.spec().toBuilder().deletionProtection(false).build());
    daemon.done(daemon.client().updateVm("kept", VmDocument.of(unprotected), null));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.client().deleteVm("kept", false))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.WRONG_STATE));
    assertThat(daemon.client().vm("kept").status().phase()).isEqualTo(Phase.RUNNING);
  }

  @Test
  void aMistypedNameGetsASuggestion() {
    daemon.create(Guests.empty("webserver", Guests.stopped()));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.client().startVm("websrever"))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.NOT_FOUND))
        .satisfies(e -> assertThat(e.problem().remedy()).contains("\"webserver\""));
  }
}
