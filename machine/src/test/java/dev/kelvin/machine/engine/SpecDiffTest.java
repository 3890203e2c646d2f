package dev.kelvin.machine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.machine.engine.SpecDiff.LiveChange;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.Audio;
import dev.kelvin.model.spec.AudioModel;
import dev.kelvin.model.spec.Autostart;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CdromBus;
import dev.kelvin.model.spec.Clock;
import dev.kelvin.model.spec.ClockBase;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import dev.kelvin.model.spec.Serial;
import dev.kelvin.model.spec.Smbios;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.model.spec.Watchdog;
import dev.kelvin.model.spec.WatchdogAction;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SpecDiffTest {
  private static final Disk ROOT = disk("root", "debian", 3);
  private static final Disk DATA = disk("data", null, 1);
  private static final Nic LAN = nic("lan", "52:54:00:00:00:01");
  private static final Nic DMZ = nic("dmz", "52:54:00:00:00:02");
  private static final Cdrom DRIVE = new Cdrom("cd", null, CdromBus.SATA, null);

  private static final VmSpec BASE =
      new VmSpec.Builder().disks(List.of(ROOT)).nics(List.of(LAN)).cdroms(List.of(DRIVE)).build();

  /** As it is in a spec, which has chosen its bus. */
  private static Disk disk(String name, @Nullable String image, int gib) {
    var disk = Disk.of(name, image, ByteSize.ofGiB(gib));
    return new VmSpec.Builder().disks(List.of(disk)).build().disks().getFirst();
  }

  private static Nic nic(String name, String mac) {
    var nic = Nic.of(name).withMac(mac);
    return new VmSpec.Builder().nics(List.of(nic)).build().nics().getFirst();
  }

  private static SpecDiff change(UnaryOperator<VmSpec.Builder> change) {
    return SpecDiff.between(BASE, change.apply(BASE.toBuilder()).build());
  }

  @Test
  void nothingToDoForTheSameSpec() {
    assertThat(change(spec -> spec)).isEqualTo(new SpecDiff(List.of(), List.of()));
  }

  @Test
  void whatQemuNeverSeesNeedsNothing() {
    var diff =
        change(spec ->
            spec.power(Power.STOPPED)
                .autostart(new Autostart(true, 3, 1))
                .restart(new Restart(RestartMode.ALWAYS, 2))
                .shutdownTimeoutSeconds(5)
                .deletionProtection(true));
    assertThat(diff).isEqualTo(new SpecDiff(List.of(), List.of()));
  }

  @Test
  void disksComeAndGoWhileItRuns() {
    assertThat(change(spec -> spec.disks(List.of(ROOT, DATA))).live())
        .containsExactly(new LiveChange.AddDisk(DATA));
    assertThat(change(spec -> spec.disks(List.of(DATA))).live())
        .containsExactly(new LiveChange.RemoveDisk("root"), new LiveChange.AddDisk(DATA));
  }

  @Test
  void aDiskThatChangesWaitsForTheNextStart() {
    var diff = change(spec -> spec.disks(List.of(ROOT.withSize(ByteSize.ofGiB(9)))));
    assertThat(diff).isEqualTo(new SpecDiff(List.of(), List.of("spec.disks[0]")));
  }

  @Test
  void cardsComeAndGoWhileItRuns() {
    assertThat(change(spec -> spec.nics(List.of(DMZ))).live())
        .containsExactly(new LiveChange.RemoveNic("lan"), new LiveChange.AddNic(DMZ));
    assertThat(change(spec -> spec.nics(List.of(LAN.withMac("52:54:00:00:00:09")))).restart())
        .containsExactly("spec.nics[0]");
  }

  @Test
  void aCardThatBootsFromADirectoryOfTheHostWaitsForTheNextStart() {
    Nic fromUrl = DMZ.withNetboot(new Netboot("http://boot.test/x", null), 2);
    assertThat(change(spec -> spec.nics(List.of(LAN, fromUrl))).live())
        .containsExactly(new LiveChange.AddNic(fromUrl));
    Nic fromDirectory = DMZ.withNetboot(new Netboot("x", "/srv/boot"), 2);
    assertThat(change(spec -> spec.nics(List.of(LAN, fromDirectory))))
        .isEqualTo(new SpecDiff(List.of(), List.of("spec.nics[1].netboot.directory")));
  }

  @Test
  void mediaChangeWhileItRunsAndDrivesDoNot() {
    assertThat(change(spec -> spec.cdroms(List.of(DRIVE.withImage("tools")))).live())
        .containsExactly(new LiveChange.ChangeMedia("cd", "tools"));
    assertThat(change(spec -> spec.cdroms(List.of())).restart()).containsExactly("spec.cdroms");
    var other = new Cdrom("cd2", null, CdromBus.SATA, null);
    assertThat(change(spec -> spec.cdroms(List.of(DRIVE, other))).restart())
        .containsExactly("spec.cdroms[1]");
  }

  static Stream<Arguments> fixed() {
    return Stream.of(
        fixed("spec.accelerator", spec -> spec.accelerator(Accelerator.TCG)),
        fixed("spec.machine", spec -> spec.machine("pc-q35-7.2")),
        fixed("spec.cpu", spec -> spec.cpu(Cpu.of(2))),
        fixed("spec.memory", spec -> spec.memory(Memory.of(ByteSize.ofGiB(2)))),
        fixed("spec.firmware", spec -> spec.firmware(Firmware.of(FirmwareType.UEFI))),
        fixed("spec.boot", spec -> spec.boot(Boot.kernel("/boot/vmlinuz", null, null))),
        fixed("spec.graphics", spec -> spec.graphics(Graphics.of(GraphicsType.NONE))),
        fixed("spec.serial", spec -> spec.serial(new Serial(false, ByteSize.ofMiB(1)))),
        fixed("spec.serial", spec -> spec.serial(new Serial(true, ByteSize.ofMiB(7)))),
        fixed(
            "spec.cloudInit",
            spec ->
                spec.cloudInit(
                    new CloudInit("other", null, List.of(), null, List.of(), null, null))),
        fixed("spec.audio", spec -> spec.audio(new Audio(AudioModel.ICH9))),
        fixed("spec.watchdog", spec -> spec.watchdog(Watchdog.of(WatchdogAction.PAUSE))),
        fixed("spec.smbios", spec -> spec.smbios(new Smbios("a", null, null, null, null, null))),
        fixed("spec.clock", spec -> spec.clock(new Clock(ClockBase.LOCALTIME, true, false))),
        fixed("spec.rng", spec -> spec.rng(false)),
        fixed("spec.guestAgent", spec -> spec.guestAgent(false)));
  }

  private static Arguments fixed(String field, UnaryOperator<VmSpec.Builder> change) {
    return Arguments.of(field, change);
  }

  @ParameterizedTest
  @MethodSource("fixed")
  void whatIsFixedWhileItRunsIsNamed(String field, UnaryOperator<VmSpec.Builder> change) {
    assertThat(change(change)).isEqualTo(new SpecDiff(List.of(), List.of(field)));
  }
}
