package dev.kelvin.qemu.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.Facts;
import dev.kelvin.qemu.GoldenCase;
import dev.kelvin.qemu.Specs;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PinningTest {
  private static final HostFacts FACTS = GoldenCase.FACTS;

  private static VmSpec spec(String yaml) {
    return Specs.read("{" + yaml + "}", VmSpec.class);
  }

  private static VmSpec pin(String yaml, HostFacts facts) {
    var macs = new AtomicInteger();
    return Pinning.pin(spec(yaml), facts, () -> "52:54:00:00:00:0" + macs.incrementAndGet());
  }

  private static void refuses(String yaml, HostFacts facts, Code code, String words) {
    assertThatThrownBy(() -> pin(yaml, facts))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().oneLine() + " " + e.problem().remedy()).contains(words);
            });
  }

  private static HostFacts facts(List<String> accelerators, Set<String> devices, boolean uefi) {
    var facts = new Facts().accelerators(accelerators).devices(devices);
    return (uefi ? facts : facts.withoutUefi()).make();
  }

  @ParameterizedTest
  @CsvSource({
    "q35, pc-q35-7.2",
    "i440fx, pc-i440fx-7.2",
    "microvm, microvm",
    "pc-q35-6.2, pc-q35-6.2",
    "pc-i440fx-6.1, pc-i440fx-6.1"
  })
  void turnsAMachineIntoAVersionedOne(String wanted, String pinned) {
    assertThat(pin("machine: " + wanted, FACTS).machine()).isEqualTo(pinned);
  }

  @Test
  void whatIsPinnedStaysAsItIs() {
    var once = pin("nics: [{name: a}, {name: b, mac: '02:00:00:00:00:01'}]", FACTS);
    assertThat(once.nics())
        .extracting(Nic::mac)
        .containsExactly("52:54:00:00:00:01", "02:00:00:00:00:01");
    assertThat(Pinning.pin(once, FACTS, () -> "never asked for")).isEqualTo(once);
  }

  @Test
  void refusesMachinesThatThisQemuHasNot() {
    refuses("machine: pc-q35-9.9", FACTS, Code.INVALID_ARGUMENT, "use pc-q35-");
    refuses("machine: isapc", FACTS, Code.INVALID_ARGUMENT, "isapc");
    refuses("machine: virt", FACTS, Code.INVALID_ARGUMENT, "use q35");
  }

  @Test
  void refusesKvmWhereItIsNotProven() {
    var tcg = facts(List.of("tcg"), FACTS.devices(), true);
    refuses("accelerator: kvm", tcg, Code.CAPABILITY_MISSING, "kelvin doctor");
    refuses("cpu: {model: host}", tcg, Code.CAPABILITY_MISSING, "auto");
    assertThat(pin("cpu: {model: host}", FACTS).cpu().model()).isEqualTo("host");
  }

  @Test
  void refusesMoreMemoryThanAnEmulatedPcAddresses() {
    var tcg = facts(List.of("tcg"), FACTS.devices(), true);
    refuses("memory: {size: 961GiB}", tcg, Code.INVALID_ARGUMENT, "960GiB");
    refuses("accelerator: tcg, memory: {size: 4TiB}", FACTS, Code.INVALID_ARGUMENT, "KVM");
    assertThat(pin("memory: {size: 960GiB}", tcg).memory().size()).hasToString("960GiB");
    assertThat(pin("memory: {size: 4TiB}", FACTS).memory().size()).hasToString("4TiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "max", "EPYC", "qemu64"})
  void takesModelsThatThisQemuHas(String model) {
    assertThat(pin("cpu: {model: " + model + "}", FACTS).cpu().model()).isEqualTo(model);
  }

  @Test
  void refusesModelsThatThisQemuHasNot() {
    refuses("cpu: {model: EPYK}", FACTS, Code.INVALID_ARGUMENT, "did you mean EPYC?");
    refuses(
        "cpu: {model: skylake}",
        FACTS,
        Code.INVALID_ARGUMENT,
        "did you mean Skylake-Server? \"kelvin cpu models\" lists all");
    refuses(
        "architecture: i386, cpu: {model: qemu23}", FACTS, Code.INVALID_ARGUMENT, "--arch i386");
    refuses("cpu: {model: Sparc-9}", FACTS, Code.INVALID_ARGUMENT, "let the model be auto");
  }

  @ParameterizedTest
  @CsvSource({
    "x86_64, pc-q35-7.2",
    "i386, pc-q35-7.2",
    "aarch64, virt-7.2",
  })
  void takesTheMachineOfTheArchitecture(String architecture, String machine) {
    assertThat(pin("architecture: " + architecture, FACTS).machine()).isEqualTo(machine);
  }

  @Test
  void refusesAnArchitectureThatHasNoQemuHere() {
    var bare =
        new Facts()
            .withoutOthers(Map.of(Architecture.AARCH64, "install the package qemu-system-arm"))
            .make();
    refuses("architecture: aarch64", bare, Code.CAPABILITY_MISSING, "qemu-system-arm");
    refuses("architecture: i386", bare, Code.CAPABILITY_MISSING, "qemu-system-i386");
    assertThat(pin("machine: q35", bare).machine()).isEqualTo("pc-q35-7.2");
  }

  @Test
  void refusesWhatAForeignCpuCannotDo() {
    refuses(
        "architecture: aarch64, accelerator: kvm",
        FACTS,
        Code.CAPABILITY_MISSING,
        "its CPU does not run aarch64");
    refuses(
        "architecture: aarch64, cpu: {model: host}",
        FACTS,
        Code.CAPABILITY_MISSING,
        "emulated in software");
    refuses(
        "architecture: aarch64, cpu: {model: EPYC}",
        FACTS,
        Code.INVALID_ARGUMENT,
        "no CPU model EPYC");
    refuses(
        "architecture: i386, firmware: {type: uefi}", FACTS, Code.CAPABILITY_MISSING, "use bios");
    refuses("architecture: aarch64, machine: virt-9.9", FACTS, Code.INVALID_ARGUMENT, "virt-");
    assertThat(pin("architecture: i386, accelerator: kvm", FACTS).machine()).startsWith("pc-");
  }

  @Test
  void refusesUefiWithoutItsFirmware() {
    refuses(
        "firmware: {type: uefi}",
        facts(List.of("tcg"), FACTS.devices(), false),
        Code.CAPABILITY_MISSING,
        "ovmf");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nvme | disks: [{name: a, size: 1GiB, bus: nvme}]",
        "virtio-blk-pci | disks: [{name: a, size: 1GiB}]",
        "scsi-hd | disks: [{name: a, size: 1GiB, bus: virtio-scsi}]",
        "ide-hd | disks: [{name: a, size: 1GiB, bus: sata}]",
        "ide-cd | cdroms: [{name: a, bus: sata}]",
        "ide-hd | os: other, disks: [{name: a, size: 1GiB}]",
        "rtl8139 | nics: [{name: a, model: rtl8139}]",
        "i6300esb | watchdog: {action: none}",
        "ich9-intel-hda | audio: {model: ich9}",
        "intel-hda | audio: {model: intel-hda}",
        "hda-duplex | audio: {model: ich9}",
        "virtio-vga | graphics: {model: virtio}",
        "qxl | graphics: {others: [qxl]}",
        "cirrus-vga | graphics: {model: cirrus}",
        "ramfb | graphics: {model: ramfb}",
        "usb-tablet | graphics: {tablet: true}",
        "usb-kbd | graphics: {keyboard: true}",
        "scsi-cd | cdroms: [{name: a, bus: virtio-scsi}]",
        "e1000e | nics: [{name: a, model: e1000e}]",
        "virtio-net-pci | nics: [{name: a}]",
        "VGA | graphics: {type: vnc}",
        "virtserialport | guestAgent: true",
        "virtio-rng-pci | rng: true",
        "pvpanic | machine: i440fx",
        "pcie-root-port | machine: q35",
        "virtio-rng-device | machine: microvm, graphics: {type: none}"
      })
  void refusesDevicesThatThisQemuHasNot(String device, String yaml) {
    var fewer = new TreeSet<>(FACTS.devices());
    fewer.remove(device);
    refuses(yaml, facts(List.of("tcg"), fewer, true), Code.CAPABILITY_MISSING, device);
    assertThat(pin(yaml, FACTS)).isNotNull();
  }

  @Test
  void newAddressesAreLocalAndUnicast() {
    var random = new Random(5);
    for (int i = 0; i < 1000; i++) {
      String mac = Pinning.randomMac(random);
      assertThat(mac).matches("52:54:00(:[0-9a-f]{2}){3}");
    }
  }

  @Test
  void aQemuWithoutThePinnedMachineIsToldBeforeItRefuses() {
    Pinning.requireMachine(spec("machine: pc-q35-6.2"), FACTS);
    assertThatThrownBy(() -> Pinning.requireMachine(spec("machine: pc-q35-10.0"), FACTS))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
              assertThat(e.problem().oneLine()).contains("pc-q35-10.0", "7.2.22");
              assertThat(e.problem().remedy()).contains("kelvin doctor");
            });
  }
}
