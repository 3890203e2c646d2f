package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.codec.Documents;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.StateReport.Finding;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.LaunchedMemory;
import dev.kelvin.state.backup.StateScan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine on record is the machine that runs, and it is told when it is not. */
class DeviceCheckTest {
  private static final Disk DATA = Disk.of("data", null, ByteSize.ofMiB(1));

  @TempDir private Path directory;
  private SupervisedVm vm;

  @BeforeEach
  void takeOver() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-img")), "no qemu-img here");
    vm = new SupervisedVm(directory);
  }

  @AfterEach
  void close() throws IOException {
    if (vm != null) {
      vm.close();
    }
  }

  private RunRecord onRecord() {
    return vm.repository().run(SupervisedVm.ID).orElseThrow();
  }

  private List<String> faults() throws InterruptedException {
    var scan = new StateScan(vm.store());
    new DeviceCheck(vm.machines()).report(scan);
    return scan.done().findings().stream()
        .filter(finding -> finding.key().endsWith("vm-runs/" + SupervisedVm.ID))
        .map(Finding::fault)
        .filter(fault -> fault.contains("devices"))
        .toList();
  }

  private void plug(Disk... disks) throws InterruptedException {
    var wanted = vm.stored(SupervisedVm.spec().withDisks(List.of(disks)));
    vm.supervisor().ask(new VmRequest.Converge(wanted));
  }

  @Test
  void whatIsPluggedInIsOnRecordWithItsPlaceUntilItIsOut() throws Exception {
    Disk scsi =
        Documents.readTrusted(
            "{\"name\":\"s\",\"size\":\"1MiB\",\"bus\":\"virtio-scsi\"}"
                .getBytes(StandardCharsets.UTF_8),
            Disk.class);
    plug(DATA, scsi);
    assertThat(onRecord().devices())
        .contains(
            new DevicePlace("disk-data", "virtio-blk-pci", "port-disk-0", null),
            new DevicePlace("scsi", "virtio-scsi-pci", "port-disk-1", null),
            new DevicePlace("disk-s", "scsi-hd", "scsi.0", "0"));
    plug(scsi);
    assertThat(onRecord().devices())
        .extracting(DevicePlace::id)
        .contains("scsi", "disk-s")
        .doesNotContain("disk-data");
  }

  @Test
  void aDeviceThatIsGoneAndOneThatNobodyKnowsAreTold() throws Exception {
    plug(DATA);
    assertThat(faults()).isEmpty();
    vm.qemu().devices().remove("disk-data");
    vm.qemu().devices().add("disk-odd");
    assertThat(faults())
        .singleElement()
        .asString()
        .contains("disk-data is not there", "disk-odd (unknown on unknown) is not on record");
    plug(DATA); // brings both together
    assertThat(faults()).isEmpty();
  }

  /** As of a QEMU that hangs, or that was taken over; others are not kept waiting for ever. */
  @Test
  void aQemuThatDoesNotTellIsTold() throws Exception {
    vm.qemu().silent(true);
    assertThat(faults())
        .singleElement()
        .asString()
        .contains("does not tell its devices", "QEMU does not answer");
  }

  @Test
  void aDeviceInAnotherPlaceIsTold() throws Exception {
    RunRecord run = onRecord();
    vm.repository()
        .saveRun(
            SupervisedVm.ID,
            run.without(Set.of("port-nic-1"))
                .withMore(
                    List.of(new DevicePlace("port-nic-1", "pcie-root-port", "pci.9", "0x2"))));
    vm.restart();
    assertThat(faults())
        .singleElement()
        .asString()
        .contains("port-nic-1 is pcie-root-port on pcie.0", "on record as", "pci.9 at 0x2");
  }

  /** A daemon of before wrote neither user nor memory nor devices down. */
  @Test
  void theRecordOfAnEarlierDaemonIsCompletedByWhatQemuSays() throws Exception {
    RunRecord run = onRecord();
    saveAsBefore(run);
    vm.restart();
    RunRecord completed = onRecord();
    assertThat(completed.user()).isEqualTo(-1);
    assertThat(completed.memory()).isEqualTo(LaunchedMemory.of(run.spec()));
    assertThat(completed.devices())
        .extracting(DevicePlace::id)
        .containsExactlyInAnyOrderElementsOf(FakeQemu.PORTS);
    plug(DATA);
    assertThat(vm.qemu().devices()).containsExactly("disk-data");
    assertThat(faults()).isEmpty();
  }

  /** The daemon of before died when it had written the disk down, and not plugged it in yet. */
  @Test
  void aDiskThatAnEarlierDaemonHasOnlyPlannedIsPluggedIn() throws Exception {
    var wanted = vm.stored(SupervisedVm.spec().withDisks(List.of(DATA)));
    saveAsBefore(onRecord().withSpec(wanted.spec()));
    vm.restart();
    vm.supervisor().ask(new VmRequest.Converge(wanted));
    assertThat(vm.qemu().devices()).containsExactly("disk-data");
    assertThat(faults()).isEmpty();
  }

  /** QEMU plugged it in when the daemon of before did not wait any more. */
  @Test
  void aDiskThatAnEarlierDaemonDoesNotKnowIsPulledOut() throws Exception {
    saveAsBefore(onRecord());
    vm.qemu().devices().add("disk-late");
    vm.restart();
    plug(DATA);
    assertThat(vm.qemu().devices()).containsExactly("disk-data");
    assertThat(onRecord().devices()).extracting(DevicePlace::id).doesNotContain("disk-late");
  }

  private void saveAsBefore(RunRecord run) {
    vm.repository()
        .saveRun(
            SupervisedVm.ID,
            new RunRecord(
                run.process(),
                run.bootId(),
                run.accelerator(),
                run.startedAt(),
                run.spec(),
                run.forwards(),
                run.companions(),
                run.runtime(),
                null,
                null,
                List.of(),
                null));
  }
}
