package dev.kelvin.qemu.control;

import static dev.kelvin.qemu.Specs.disk;
import static dev.kelvin.qemu.Specs.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.Specs;
import dev.kelvin.qemu.testkit.SerialConsole;
import dev.kelvin.qemu.testkit.Share;
import dev.kelvin.qemu.testkit.TestQemu;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A real QEMU with a real Linux guest: what only a guest can show. */
@Tag("slow")
@Timeout(300)
class GuestTest {
  private static final Duration BOOT = Duration.ofSeconds(90);
  private static final Duration STEP = Duration.ofSeconds(30);

  @TempDir Path directory;

  /** Guests on the second QEMU; of so many shares a commit has one. */
  private static final int SHARES = 3;

  private static final List<String> ON_SECOND =
      List.of("ends on q35", "panics on q35", "disks on q35", "ends on microvm", "cards on i440fx");

  /** On which QEMU the guests of a test run. */
  private TestQemu which = TestQemu.HOST;

  private static Stream<Arguments> ends() throws Exception {
    return guests("ends", "q35", "i440fx", "microvm");
  }

  private static Stream<Arguments> panics() throws Exception {
    return guests("panics", "q35", "i440fx");
  }

  private static Stream<Arguments> disks() throws Exception {
    return guests("disks", "q35", "i440fx");
  }

  private static Stream<Arguments> cards() throws Exception {
    return guests("cards", "q35", "i440fx");
  }

  /** Of one test: all machines on the host's QEMU, on the second one those whose turn it is. */
  private static Stream<Arguments> guests(String test, String... machines) throws Exception {
    String prefix = test + " on ";
    return Stream.concat(
        Stream.of(machines).map(machine -> Arguments.of(machine, TestQemu.HOST)),
        Share.of(ON_SECOND, SHARES).stream()
            .filter(one -> one.startsWith(prefix))
            .map(one -> Arguments.of(one.substring(prefix.length()), TestQemu.SECOND)));
  }

  private Rig start(String machine, String words) throws Exception {
    return start(spec(machine, words));
  }

  private static VmSpec.Builder builder(String machine, String words) throws Exception {
    var guest = TinyGuest.obtain();
    return read(
            "{machine: "
                + machine
                + ", memory: {size: 256MiB}, graphics: {type: none}, nics: [{name: net0}]}",
            VmSpec.class)
        .toBuilder()
        .boot(
            Boot.kernel(
                guest.kernel().toString(),
                guest.initrd().toString(),
                TinyGuest.CMDLINE + " " + words));
  }

  private static VmSpec spec(String machine, String words) throws Exception {
    return builder(machine, words).build();
  }

  private Rig start(VmSpec spec) throws Exception {
    return Rig.start(which, directory, spec);
  }

  private static SerialConsole boot(Rig rig) throws Exception {
    var serial = SerialConsole.connect(rig.plan().files().serial());
    rig.vm().cont();
    serial.await(TinyGuest.READY, BOOT);
    return serial;
  }

  @ParameterizedTest
  @MethodSource("ends")
  void aPowerOffIsToldFromARebootAndFromAPanic(String machine, TestQemu qemu) throws Exception {
    which = qemu;
    try (var rig = start(machine, "");
        var serial = boot(rig)) {
      assertThat(serial.run("uname -s")).isEqualTo("Linux");
      assertThat(serial.run("ip link show eth0")).contains("52:54:00:00:01:01");
      assertThat(serial.run("dd if=/dev/hwrng of=/dev/null bs=16 count=1 2>&1"))
          .contains("1+0 records out");
      // A microvm has no register to reset it by; under emulation its kernel hangs now and then
      // before it tries the triple fault that would.
      if (!machine.equals("microvm")) {
        serial.type("reboot -f\n");
        assertThat(rig.await(QemuSignal.GuestReset.class).byGuest()).isTrue();
        serial.await("(?s)" + TinyGuest.READY + ".*" + TinyGuest.READY, BOOT);
      }
      rig.vm().powerdown();
      assertThat(rig.await(QemuSignal.GuestShutdown.class))
          .isEqualTo(new QemuSignal.GuestShutdown(true, "guest-shutdown"));
      assertThat(rig.vm().state()).isEqualTo(RunState.SHUTDOWN);
      assertThat(rig.process().alive()).as("it stays until it is told to go").isTrue();
      assertThat(rig.reconnect().state()).isEqualTo(RunState.SHUTDOWN);
      rig.vm().quit();
      assertThat(rig.process().awaitExit(STEP)).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("panics")
  void aPanicIsSeenAndKept(String machine, TestQemu qemu) throws Exception {
    which = qemu;
    try (var rig = start(machine, "");
        var serial = boot(rig)) {
      serial.type("echo c > /proc/sysrq-trigger\n");
      rig.await(QemuSignal.GuestPanicked.class);
      assertThat(rig.vm().state()).isEqualTo(RunState.GUEST_PANICKED);
      assertThat(rig.reconnect().state()).isEqualTo(RunState.GUEST_PANICKED);
    }
  }

  @Test
  void aGuestThatIgnoresThePowerButtonRunsOnAndPausedOnesStandStill() throws Exception {
    try (var rig = start("q35", "tick nobutton");
        var serial = boot(rig)) {
      rig.vm().powerdown();
      serial.await("TICK 3", STEP);
      assertThat(rig.vm().state()).isEqualTo(RunState.RUNNING);
      rig.vm().pause();
      rig.await(QemuSignal.Paused.class);
      String before = serial.seen();
      assertThatThrownBy(() -> serial.await("TICK 99", Duration.ofSeconds(2)))
          .isInstanceOf(AssertionError.class);
      assertThat(serial.seen()).isEqualTo(before);
      rig.vm().cont();
      int ticks = before.split("TICK", -1).length;
      serial.await("TICK " + (ticks + 1), STEP);
    }
  }

  @ParameterizedTest
  @MethodSource("disks")
  void disksComeAndGo(String machine, TestQemu qemu) throws Exception {
    which = qemu;
    try (var rig = start(machine, "");
        var serial = boot(rig)) {
      for (var bus : List.of(DiskBus.VIRTIO_BLK, DiskBus.VIRTIO_SCSI, DiskBus.NVME)) {
        // The second round needs the place, the node and the thread of the first.
        for (int round = 0; round < 2; round++) {
          comesAndGoes(rig, serial, disk("data", bus));
        }
      }
    }
  }

  private static void comesAndGoes(Rig rig, SerialConsole serial, Disk disk) throws Exception {
    var volume = rig.volume(disk.name());
    rig.attachDisk(disk, volume);
    String device =
        switch (disk.bus()) {
          case VIRTIO_BLK -> "vda";
          case VIRTIO_SCSI, SATA, IDE -> "sda";
          case NVME -> "nvme0n1";
        };
    awaitTrue(serial, "test -b /dev/" + device);
    assertThat(serial.run("cat /sys/block/" + device + "/size")).isEqualTo("131072");
    assertThat(serial.run("echo kelvin > /dev/" + device + " && sync && echo written"))
        .isEqualTo("written");
    assertThat(rig.vm().blockStats())
        .anySatisfy(stat -> {
          assertThat(stat.disk()).isEqualTo("data");
          assertThat(stat.writtenBytes()).isPositive();
        });
    rig.vm().detachDisk(disk.name(), STEP);
    awaitTrue(serial, "test ! -e /sys/block/" + device);
    assertThat(rig.devices()).doesNotContain("disk-data");
    assertThat(rig.openFiles()).doesNotContain(volume.path());
  }

  private static void awaitTrue(SerialConsole serial, String test) throws Exception {
    assertThat(
            serial.run(
                "for i in $(seq 100); do if "
                    + test
                    + "; then echo yes; break; fi; sleep 0.1; done"))
        .as(test)
        .isEqualTo("yes");
  }

  @Test
  void aDiskThatTheGuestStartedWithCanBePulled() throws Exception {
    var spec =
        builder("q35", "")
            .disks(List.of(disk("root", DiskBus.VIRTIO_BLK), disk("data", DiskBus.VIRTIO_BLK)))
            .build();
    try (var rig = start(spec);
        var serial = boot(rig)) {
      assertThat(serial.run("cat /sys/block/vda/serial /sys/block/vdb/serial"))
          .isEqualTo("rootdata");
      rig.vm().detachDisk("root", STEP);
      assertThat(serial.run("ls /sys/block")).doesNotContain("vda").contains("vdb");
    }
  }

  @ParameterizedTest
  @MethodSource("cards")
  void cardsComeAndGo(String machine, TestQemu qemu) throws Exception {
    which = qemu;
    try (var rig = start(machine, "");
        var serial = boot(rig)) {
      for (int round = 0; round < 2; round++) {
        var nic = Specs.nic("net1").withMac("52:54:00:00:02:0" + round);
        rig.attachNic(nic, List.of());
        awaitTrue(serial, "test -e /sys/class/net/eth1");
        assertThat(serial.run("cat /sys/class/net/eth1/address")).isEqualTo(nic.mac());
        assertThat(
                serial.run(
                    "ip link set eth1 up; udhcpc -q -n -f -i eth1 -s /bin/true 2>&1 | tail -1"))
            .contains("10.0.3.");
        rig.vm().detachNic("net1", STEP);
        awaitTrue(serial, "test ! -e /sys/class/net/eth1");
      }
    }
  }

  @Test
  void aGuestReadsTheMediumThatIsInTheDrive() throws Exception {
    var spec =
        builder("i440fx", "")
            .cdroms(
                List.of(
                    Specs.cdrom("{name: ide, bus: ide}"),
                    Specs.cdrom("{name: scsi, bus: virtio-scsi}")))
            .build();
    try (var rig = start(spec);
        var serial = boot(rig)) {
      Path first = medium("first");
      Path second = medium("second");
      for (String drive : List.of("ide", "scsi")) {
        // The guest loads its driver of SCSI first.
        String device = drive.equals("ide") ? "sr1" : "sr0";
        rig.vm().insertMedia(drive, first);
        awaitTrue(serial, "head -c 5 /dev/" + device + " 2>/dev/null | grep -q first");
        rig.vm().insertMedia(drive, second);
        awaitTrue(serial, "head -c 6 /dev/" + device + " 2>/dev/null | grep -q second");
        rig.vm().ejectMedia(drive);
        awaitTrue(serial, "! head -c 6 /dev/" + device + " 2>/dev/null | grep -q second");
      }
    }
  }

  private Path medium(String text) throws Exception {
    byte[] content = Arrays.copyOf((text + "\n").getBytes(StandardCharsets.UTF_8), 1 << 20);
    return Files.write(directory.resolve(text + ".iso"), content);
  }

  @Test
  void theAgentsChannelIsSeenToOpenAndClose() throws Exception {
    try (var rig = start("q35", "");
        var serial = boot(rig)) {
      serial.run("cat < /dev/vport0p1 > /dev/null & echo $!");
      assertThat(rig.await(QemuSignal.AgentPort.class).open()).isTrue();
      serial.run("kill %1");
      assertThat(rig.await(QemuSignal.AgentPort.class).open()).isFalse();
    }
  }

  @Test
  void aMicrovmHasItsDisksAndNoHotPlug() throws Exception {
    var spec =
        builder("microvm", "")
            .disks(List.of(disk("root", DiskBus.VIRTIO_BLK), disk("data", DiskBus.VIRTIO_BLK)))
            .build();
    try (var rig = start(spec);
        var serial = boot(rig)) {
      assertThat(serial.run("cat /sys/block/vda/serial /sys/block/vdb/serial"))
          .isEqualTo("rootdata");
      var volume = rig.volume("more");
      assertThatThrownBy(() -> rig.attachDisk(disk("more", DiskBus.VIRTIO_BLK), volume))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem().code()).isEqualTo(Code.WRONG_STATE));
    }
  }
}
