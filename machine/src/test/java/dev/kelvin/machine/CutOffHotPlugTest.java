package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Daemons that die, or hear nothing, while a device is plugged in. */
class CutOffHotPlugTest {
  private static final Disk DATA = Disk.of("data", null, ByteSize.ofMiB(1));
  private static final String VOLUME = SupervisedVm.ID + "-data";

  @TempDir private Path directory;
  private SupervisedVm vm;
  private Volumes volumes;

  @BeforeEach
  void takeOver() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-img")), "no qemu-img here");
    vm = new SupervisedVm(directory);
    volumes = vm.machines().volumes();
  }

  @AfterEach
  void close() throws IOException {
    if (vm != null) {
      vm.close();
    }
  }

  private static VmSpec withData() {
    return SupervisedVm.spec().withDisks(List.of(DATA));
  }

  private List<String> disksOnRecord() {
    VmSpec running = vm.repository().run(SupervisedVm.ID).orElseThrow().spec();
    return running.disks().stream().map(Disk::name).toList();
  }

  /** QEMU has plugged it in, and the daemon dies before it has heard so. */
  private void diesAfterPlugging(VmRecord wanted) throws InterruptedException {
    vm.qemu().silentAfter("device_add");
    var cutOff = vm.asking(new VmRequest.Converge(wanted));
    SupervisedVm.await("it is plugged in", () -> !vm.qemu().devices().isEmpty());
    vm.restart();
    assertThat(cutOff).failsWithin(Duration.ofSeconds(20));
  }

  @Test
  void aDiskThatIsWantedIsNotPluggedInTwice() throws InterruptedException {
    VmRecord wanted = vm.stored(withData());
    diesAfterPlugging(wanted);

    vm.supervisor().ask(new VmRequest.Converge(wanted));

    assertThat(vm.qemu().devices()).containsExactly("disk-data");
    assertThat(vm.qemu().count("device_add")).isEqualTo(1);
    assertThat(vm.qemu().count("device_del")).isZero();
    assertThat(disksOnRecord()).containsExactly("data");
  }

  @Test
  void aVolumeIsNotDeletedBeforeItsDiskIsOut() throws InterruptedException {
    diesAfterPlugging(vm.stored(withData()));
    VmRecord before = vm.stored(SupervisedVm.spec());

    volumes.deleteMade(SupervisedVm.ID, List.of(VOLUME));
    assertThat(vm.storage().find(VOLUME)).isPresent();

    vm.supervisor().ask(new VmRequest.Converge(before));
    assertThat(vm.qemu().devices()).isEmpty();
    assertThat(disksOnRecord()).isEmpty();
    volumes.deleteMade(SupervisedVm.ID, List.of(VOLUME));
    assertThat(vm.storage().find(VOLUME)).isEmpty();
  }

  @Test
  void aDiskThatWasNotPluggedInYetIsPluggedIn() throws InterruptedException {
    VmRecord wanted = vm.stored(withData());
    vm.qemu().silentAfter("blockdev-add");
    var cutOff = vm.asking(new VmRequest.Converge(wanted));
    SupervisedVm.await("it is begun", () -> vm.qemu().count("blockdev-add") == 1);
    vm.restart();
    assertThat(cutOff).failsWithin(Duration.ofSeconds(20));

    vm.supervisor().ask(new VmRequest.Converge(wanted));

    assertThat(vm.qemu().devices()).containsExactly("disk-data");
    assertThat(disksOnRecord()).containsExactly("data");
  }

  @Test
  void theForwardsOfACardAreKnownAfterwards() throws InterruptedException {
    var forward = PortForward.of(Protocol.TCP, "127.0.0.1", 0, 80);
    Nic nic = Nic.of("lan").withMac("52:54:00:00:00:01").withForwards(List.of(forward));
    VmRecord wanted = vm.stored(SupervisedVm.spec().withNics(List.of(nic)));
    diesAfterPlugging(wanted);

    vm.supervisor().ask(new VmRequest.Converge(wanted));

    assertThat(vm.qemu().count("device_add")).isEqualTo(1);
    assertThat(vm.status().forwards()).hasSize(1);

    vm.supervisor().ask(new VmRequest.Converge(vm.stored(SupervisedVm.spec())));
    assertThat(vm.qemu().devices()).isEmpty();
    assertThat(vm.status().forwards()).isEmpty();
  }

  @Test
  void aDeviceThatNobodyKnowsIsPulledOut() throws InterruptedException {
    vm.qemu().devices().addAll(List.of("disk-data", "nic-lan"));
    VmRecord wanted = vm.stored(withData());

    vm.supervisor().ask(new VmRequest.Converge(wanted));

    assertThat(vm.qemu().devices()).containsExactly("disk-data");
    assertThat(vm.qemu().count("device_del")).isEqualTo(2);
    assertThat(vm.qemu().count("device_add")).isEqualTo(1);
  }
}
