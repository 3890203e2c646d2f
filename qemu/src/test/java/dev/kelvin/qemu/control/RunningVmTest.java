package dev.kelvin.qemu.control;

import static dev.kelvin.qemu.Specs.cdrom;
import static dev.kelvin.qemu.Specs.disk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.VideoModel;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.Specs;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qemu.launch.CommandLine;
import dev.kelvin.qemu.testkit.QemuProcess;
import dev.kelvin.qemu.testkit.TestQemu;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Operations on a real QEMU whose guest is no more than its firmware. */
@Timeout(120)
@ParameterizedClass
@EnumSource(TestQemu.class)
class RunningVmTest {
  private static final Duration SHORT = Duration.ofMillis(300);

  @Parameter TestQemu which = TestQemu.HOST;

  @TempDir Path directory;

  private static VmSpec.Builder small() {
    return new VmSpec.Builder()
        .memory(Memory.of(ByteSize.ofMiB(64)))
        .graphics(Graphics.of(GraphicsType.NONE));
  }

  private static void assertProblem(ThrowingCallable call, Code code, String words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().oneLine()).contains(words);
              assertThat(e.problem().remedy()).isNotBlank();
            });
  }

  private QemuProcess start(LaunchPlan plan) throws IOException {
    return QemuProcess.start(
        which.argv(CommandLine.build(plan)), which.environment(), plan.files().output());
  }

  @Test
  void runsPausesResetsAndQuits() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      var vm = rig.vm();
      assertThat(vm.state()).isEqualTo(RunState.PRELAUNCH);
      assertThat(vm.qemuVersion()).matches("\\d+\\.\\d+\\.\\d+");
      vm.cont();
      rig.await(QemuSignal.Resumed.class);
      assertThat(vm.state()).isEqualTo(RunState.RUNNING);
      vm.pause();
      rig.await(QemuSignal.Paused.class);
      assertThat(vm.state()).isEqualTo(RunState.PAUSED);
      vm.cont();
      vm.reset();
      assertThat(rig.await(QemuSignal.GuestReset.class).byGuest()).isFalse();
      assertThat(vm.state()).isEqualTo(RunState.RUNNING);
      vm.quit();
      assertThat(rig.await(QemuSignal.GuestShutdown.class))
          .isEqualTo(new QemuSignal.GuestShutdown(false, "host-qmp-quit"));
      rig.await(QemuSignal.Closed.class);
      assertThat(rig.process().awaitExit(Rig.SOON)).isZero();
    }
  }

  @Test
  void isTakenUpAgainWithWhatItHas() throws Exception {
    var spec =
        small()
            .disks(List.of(disk("root", DiskBus.VIRTIO_BLK), disk("s", DiskBus.VIRTIO_SCSI)))
            .nics(List.of(Specs.nic("net0")))
            .cdroms(List.of(cdrom("{name: cd}")))
            .build();
    try (var rig = Rig.start(which, directory, spec)) {
      rig.vm().cont();
      var again = rig.reconnect();
      assertThat(again.state()).isEqualTo(RunState.RUNNING);
      assertThat(rig.devices()).containsExactly("cd-cd", "disk-root", "disk-s", "nic-net0");
      assertThat(again.blockStats())
          .extracting(BlockStat::disk)
          .containsExactlyInAnyOrder("root", "s");
    }
  }

  @Test
  void aKilledQemuIsMissedAtOnce() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      rig.process().kill();
      assertThat(rig.await(QemuSignal.Closed.class).why()).isNotNull();
      assertThat(rig.vm().isOpen()).isFalse();
      assertProblem(() -> rig.vm().state(), Code.UNAVAILABLE, "connection");
    }
  }

  @Test
  void aSignalEndsQemuAndIsToldFromAPowerOff() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      rig.vm().cont();
      assertThat(ProcessHandle.of(rig.process().pid()).orElseThrow().destroy()).isTrue();
      assertThat(rig.await(QemuSignal.GuestShutdown.class))
          .isEqualTo(new QemuSignal.GuestShutdown(false, "host-signal"));
      assertThat(rig.process().awaitExit(Rig.SOON)).isZero();
    }
  }

  @Test
  void aQemuThatCannotStartSaysWhy() throws Exception {
    var plan =
        Rig.plan(directory, small().disks(List.of(disk("gone", DiskBus.VIRTIO_BLK))).build());
    try (var qemu = start(plan)) {
      assertProblem(
          () -> RunningVm.awaitStart(plan.files(), Rig.SOON, qemu::alive, signal -> {}),
          Code.QEMU_REFUSED,
          "gone.qcow2': No such file or directory");
    }
  }

  @Test
  void waitingForAQemuThatNeverListensTimesOut() {
    var files = new VmFiles(directory, directory, directory);
    assertProblem(
        () -> RunningVm.awaitStart(files, SHORT, () -> true, signal -> {}),
        Code.TIMEOUT,
        "control channel");
  }

  @Test
  void pressesKeys() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      rig.vm().cont();
      rig.vm().sendKeys(List.of("ctrl-alt-delete", "A", "enter"));
      var keys = rig.commands().getLast().path("arguments").path("keys");
      assertThat(keys.get(0).path("data").asString()).isEqualTo("ret");
      assertProblem(
          () -> rig.vm().sendKeys(List.of("a", "delte")),
          Code.INVALID_ARGUMENT,
          "There is no key \"delte\"");
      assertProblem(() -> rig.vm().sendKeys(List.of()), Code.INVALID_ARGUMENT, "keys");
      assertProblem(
          () -> rig.vm().sendKeys(List.of("a-b-c-d-e-f-g")), Code.INVALID_ARGUMENT, "at once");
    }
  }

  @Test
  void takesAScreenshot() throws Exception {
    try (var rig =
        Rig.start(which, directory, small().graphics(Graphics.of(GraphicsType.VNC)).build())) {
      rig.vm().cont();
      Path png = rig.plan().files().screenshot("1");
      rig.vm().screenshot(png, 1);
      byte[] image = Files.readAllBytes(png);
      assertThat(Arrays.copyOf(image, 8))
          .containsExactly(0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n');
      assertThat(ByteBuffer.wrap(image).getInt(16)).isBetween(320, 4096);
    }
  }

  @Test
  void takesAScreenshotOfAnyOfSeveralScreens() throws Exception {
    var two = Graphics.of(GraphicsType.VNC).withOthers(List.of(VideoModel.STD));
    try (var rig = Rig.start(which, directory, small().graphics(two).build())) {
      rig.vm().cont();
      Path png = rig.plan().files().screenshot("1");
      rig.vm().screenshot(png, 2);
      assertThat(Files.readAllBytes(png)).startsWith(0x89, 'P', 'N', 'G');
      assertProblem(() -> rig.vm().screenshot(png, 3), Code.QEMU_REFUSED, "screen-3");
    }
  }

  @Test
  void withoutAScreenThereIsNoScreenshot() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      assertProblem(
          () -> rig.vm().screenshot(rig.plan().files().screenshot("1"), 1), Code.QEMU_REFUSED, "");
    }
  }

  @Test
  void plugsAndPullsAScsiDiskWithoutTheGuestsHelp() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      for (int i = 0; i < 2; i++) {
        var one = rig.volume("one");
        var two = rig.volume("two");
        rig.attachDisk(disk("one", DiskBus.VIRTIO_SCSI), one);
        rig.attachDisk(disk("two", DiskBus.VIRTIO_SCSI), two);
        assertThat(rig.devices()).containsExactly("disk-one", "disk-two");
        assertThat(rig.openFiles()).contains(one.path(), two.path());
        rig.vm().detachDisk("one", Rig.SOON);
        assertThat(rig.devices()).containsExactly("disk-two");
        assertThat(rig.openFiles()).doesNotContain(one.path()).contains(two.path());
        rig.vm().detachDisk("two", Rig.SOON);
      }
      rig.vm().detachDisk("never-there", Rig.SOON);
    }
  }

  @Test
  void plugsEveryKindOfDeviceOnBothMachines() throws Exception {
    for (String machine : List.of("q35", "i440fx")) {
      Path place = Files.createDirectories(directory.resolve(machine));
      try (var rig = Rig.start(which, place, small().machine(machine).build())) {
        var vm = rig.vm();
        vm.cont();
        rig.attachDisk(disk("blk", DiskBus.VIRTIO_BLK), rig.volume("blk"));
        rig.attachDisk(disk("nvme", DiskBus.NVME), rig.volume("nvme"));
        rig.attachDisk(disk("scsi", DiskBus.VIRTIO_SCSI), rig.volume("scsi"));
        rig.attachNic(Specs.nic("net9").withMac("52:54:00:00:00:09"), List.of());
        assertThat(rig.devices()).containsExactly("disk-blk", "disk-nvme", "disk-scsi", "nic-net9");
        assertProblem(
            () -> rig.attachDisk(disk("s", DiskBus.SATA), rig.volume("s")),
            Code.WRONG_STATE,
            "SATA");
        assertProblem(
            () -> rig.attachDisk(disk("blk", DiskBus.NVME), rig.volume("x")),
            Code.ALREADY_EXISTS,
            "disk-blk");
      }
    }
  }

  /** Whoever can read a file can lock it: the QEMU of another guest, any user of the host. */
  @Test
  void locksThatOthersHoldOnSharedFilesKeepNobodyOff() throws Exception {
    var spec = small().cdroms(List.of(cdrom("{name: cd}"))).build();
    try (var rig = Rig.start(which, directory, spec)) {
      BlockSource image = rig.volume("image");
      Path iso = iso("shared.iso");
      BlockSource clone = rig.clone("clone", image);
      try (var _ = locked(Path.of(image.path()));
          var _ = locked(iso)) {
        rig.attachDisk(disk("d", DiskBus.VIRTIO_SCSI), clone);
        assertThat(rig.openFiles()).contains(clone.path(), image.path());
        rig.vm().insertMedia("cd", iso);
        var alone = BlockSource.of(image.path(), "qcow2");
        assertProblem(
            () -> rig.attachDisk(disk("own", DiskBus.VIRTIO_SCSI), alone),
            Code.QEMU_REFUSED,
            "lock");
      }
    }
  }

  /** Holds what QEMU's locks are made of (raw_apply_lock_bytes in its file-posix.c). */
  private static FileChannel locked(Path file) throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.READ);
    assertThat(channel.lock(100, 200, true).isShared()).isTrue();
    return channel;
  }

  @Test
  void aPlugThatFailsLeavesNothingBehind() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      var missing = BlockSource.of(directory.resolve("missing").toString(), "qcow2");
      assertProblem(
          () -> rig.attachDisk(disk("d", DiskBus.VIRTIO_BLK), missing),
          Code.QEMU_REFUSED,
          "No such file");
      // Refused by the device, after node and thread were made: another disk has the file's lock.
      var volume = rig.volume("d");
      rig.attachDisk(disk("first", DiskBus.VIRTIO_BLK), volume);
      for (var bus : List.of(DiskBus.VIRTIO_BLK, DiskBus.VIRTIO_SCSI, DiskBus.NVME)) {
        assertProblem(() -> rig.attachDisk(disk("d", bus), volume), Code.QEMU_REFUSED, "lock");
      }
      var badMac = Specs.nic("n").withMac("nonsense");
      assertProblem(() -> rig.attachNic(badMac, List.of()), Code.QEMU_REFUSED, "mac");
      // The same names are free: nothing was left in the way.
      rig.attachDisk(disk("d", DiskBus.VIRTIO_BLK), rig.volume("other"));
      rig.attachNic(Specs.nic("n").withMac("52:54:00:00:00:09"), List.of());
      assertThat(rig.devices()).containsExactly("disk-d", "disk-first", "nic-n");
    }
  }

  @Test
  void aFullMachineSaysSo() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      int plugged = 0;
      try {
        while (plugged < 40) {
          rig.attachNic(
              Specs.nic("n" + plugged).withMac("52:54:00:00:00:%02x".formatted(plugged)),
              List.of());
          plugged++;
        }
      } catch (ProblemException e) {
        assertThat(e.problem().code()).isEqualTo(Code.CONFLICT);
      }
      assertThat(plugged).isEqualTo(2);
      assertThat(rig.devices()).hasSize(plugged);
    }
  }

  @Test
  void aGuestThatKeepsItsDiskIsATimeOutAndNothingIsTornOut() throws Exception {
    var spec = small().disks(List.of(disk("root", DiskBus.VIRTIO_BLK))).build();
    try (var rig = Rig.start(which, directory, spec)) {
      rig.vm().cont();
      for (int i = 0; i < 2; i++) {
        assertProblem(() -> rig.vm().detachDisk("root", SHORT), Code.TIMEOUT, "disk-root");
      }
      assertThat(rig.devices()).containsExactly("disk-root");
      assertThat(rig.openFiles()).contains(directory.resolve("root.qcow2").toString());
    }
  }

  @Test
  void changesMediaOnEveryKindOfDrive() throws Exception {
    Path first = iso("first.iso");
    Path second = iso("second.iso");
    var drives = List.of(cdrom("{name: sata}"), cdrom("{name: scsi, bus: virtio-scsi}"));
    try (var rig = Rig.start(which, directory, small().cdroms(drives).build())) {
      for (var drive : drives) {
        String name = drive.name();
        rig.vm().ejectMedia(name);
        rig.vm().insertMedia(name, first);
        assertThat(rig.openFiles()).contains(first.toString());
        while (!rig.await(QemuSignal.TrayMoved.class).id().equals("cd-" + name)) {
          // The other drive's tray moved before.
        }
        rig.vm().insertMedia(name, second);
        assertThat(rig.openFiles()).contains(second.toString()).doesNotContain(first.toString());
        assertProblem(
            () -> rig.vm().insertMedia(name, directory.resolve("none.iso")),
            Code.QEMU_REFUSED,
            "No such file");
        assertThat(rig.openFiles()).as("the old medium stays in").contains(second.toString());
        rig.vm().ejectMedia(name);
        assertThat(rig.openFiles()).doesNotContain(second.toString());
      }
      assertProblem(() -> rig.vm().ejectMedia("nope"), Code.NOT_FOUND, "cd-nope");
    }
  }

  @Test
  void aMediumOfTheCommandLineCanBeEjected() throws Exception {
    Path medium = iso("start.iso");
    var spec = small().cdroms(List.of(cdrom("{name: cd, image: start}"))).build();
    var plan = Rig.plan(directory, spec);
    var loaded =
        new LaunchPlan(
            plan.name(),
            plan.id(),
            plan.spec(),
            plan.facts(),
            plan.files(),
            plan.accelerator(),
            plan.disks(),
            java.util.Map.of("cd", medium),
            false,
            plan.forwards());
    try (var qemu = start(loaded);
        var vm = RunningVm.awaitStart(plan.files(), Rig.SOON, qemu::alive, signal -> {})) {
      vm.ejectMedia("cd");
      vm.insertMedia("cd", iso("other.iso"));
      vm.ejectMedia("cd");
    }
  }

  private Path iso(String name) throws Exception {
    return Files.write(directory.resolve(name), new byte[1 << 20]);
  }

  @Test
  void whatHasNoHotPlugIsNotPulled() throws Exception {
    var spec = small().disks(List.of(disk("root", DiskBus.SATA))).build();
    try (var rig = Rig.start(which, directory, spec)) {
      rig.vm().cont();
      assertProblem(() -> rig.vm().detachDisk("root", Rig.SOON), Code.WRONG_STATE, "hotplug");
      assertThat(rig.devices()).containsExactly("disk-root");
    }
  }

  @Test
  void aTakenHostPortSaysWhatToDo() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var rig = Rig.start(which, directory, small().build())) {
      var forward = Forward.of("n", "tcp", "127.0.0.1", taken.getLocalPort(), 22);
      var nic = Specs.nic("n").withMac("52:54:00:00:00:09");
      assertThatThrownBy(() -> rig.attachNic(nic, List.of(forward)))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.problem().code()).isEqualTo(Code.QEMU_REFUSED);
                assertThat(e.problem().remedy()).contains("another host port");
              });
      assertThat(rig.devices()).isEmpty();
    }
  }

  @Test
  void aHungQemuIsATimeOut() throws Exception {
    try (var rig = Rig.start(which, directory, small().build())) {
      var kill = new ProcessBuilder("kill", "-STOP", Long.toString(rig.process().pid())).start();
      assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertProblem(
          () -> RunningVm.connect(rig.plan().files(), SHORT, signal -> {}), Code.TIMEOUT, "");
    }
  }
}
