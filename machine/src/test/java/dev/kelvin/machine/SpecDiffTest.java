package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.machine.SpecDiff.LiveChange;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.Autostart;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CdromBus;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import dev.kelvin.model.spec.Serial;
import dev.kelvin.model.spec.VmSpec;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SpecDiffTest {
  private static final Disk ROOT = Disk.of("root", "debian", ByteSize.ofGiB(3));
  private static final Disk DATA = Disk.of("data", null, ByteSize.ofGiB(1));
  private static final Nic LAN = Nic.of("lan").withMac("52:54:00:00:00:01");
  private static final Nic DMZ = Nic.of("dmz").withMac("52:54:00:00:00:02");
  private static final Cdrom DRIVE = new Cdrom("cd", null, CdromBus.SATA, null);

  private static final VmSpec BASE =
      new VmSpec.Builder().disks(List.of(ROOT)).nics(List.of(LAN)).cdroms(List.of(DRIVE)).build();

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
                .deletionProtection(true)
                .serial(new Serial(true, ByteSize.ofMiB(7))));
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
        fixed("spec.boot", spec -> spec.boot(new Boot("/boot/vmlinuz", null, null))),
        fixed("spec.graphics", spec -> spec.graphics(new Graphics(GraphicsType.NONE))),
        fixed("spec.serial.enabled", spec -> spec.serial(new Serial(false, ByteSize.ofMiB(1)))),
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
