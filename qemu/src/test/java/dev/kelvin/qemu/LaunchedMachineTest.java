package dev.kelvin.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where one more device goes, by the record alone. */
class LaunchedMachineTest {
  private static DevicePlace port(String id) {
    return new DevicePlace(id, "pcie-root-port", "pcie.0", "0x3");
  }

  private static Disk disk(String name, DiskBus bus) {
    return Specs.disk(name, bus);
  }

  private static LaunchedMachine q35(DevicePlace... devices) {
    return new LaunchedMachine("web", Board.Q35, "tcg", List.of(devices));
  }

  @Test
  void theFirstFreePortIsTakenByItsNumber() {
    var machine =
        q35(
            port("port-disk-10"),
            port("port-disk-9"),
            port("port-disk-2"),
            new DevicePlace("disk-root", "virtio-blk-pci", "port-disk-2", null),
            port("port-nic-0"));
    assertThat(machine.placeDisk(disk("d", DiskBus.NVME)))
        .containsExactly(new DevicePlace("disk-d", "nvme", "port-disk-9", null));
    DevicePlace nic = machine.placeNic(Specs.nic("n"));
    assertThat(nic).isEqualTo(new DevicePlace("nic-n", "virtio-net-pci", "port-nic-0", null));
    assertThat(LaunchedMachine.nicIndex(nic)).isZero();
  }

  @Test
  void aScsiDiskBringsItsControllerOnce() {
    var machine = q35(port("port-disk-0"), port("port-disk-1"));
    List<DevicePlace> first = machine.placeDisk(disk("a", DiskBus.VIRTIO_SCSI));
    assertThat(first)
        .containsExactly(
            new DevicePlace("scsi", "virtio-scsi-pci", "port-disk-0", null),
            new DevicePlace("disk-a", "scsi-hd", "scsi.0", "0"));
    assertThat(machine.with(first).placeDisk(disk("b", DiskBus.VIRTIO_SCSI)))
        .containsExactly(new DevicePlace("disk-b", "scsi-hd", "scsi.0", "1"));
  }

  @Test
  void slotsOfTheOldBoardAreCounted() {
    var devices = new ArrayList<DevicePlace>();
    for (int slot = Topology.I440FX_FIRST_NIC; slot < Topology.I440FX_FIRST_DISK; slot++) {
      var machine = new LaunchedMachine("web", Board.I440FX, "tcg", devices);
      DevicePlace nic = machine.placeNic(Specs.nic("n" + slot));
      assertThat(nic.address()).isEqualTo("0x" + Integer.toHexString(slot));
      assertThat(LaunchedMachine.nicIndex(nic)).isEqualTo(slot - Topology.I440FX_FIRST_NIC);
      devices.add(nic);
    }
    var full = new LaunchedMachine("web", Board.I440FX, "tcg", devices);
    assertProblem(() -> full.placeNic(Specs.nic("more")), Code.CONFLICT, "PCI slots");
    assertThat(full.placeDisk(disk("d", DiskBus.VIRTIO_BLK)))
        .containsExactly(new DevicePlace("disk-d", "virtio-blk-pci", "pci.0", "0x11"));
  }

  @Test
  void whatCannotBePluggedSaysWhy() {
    assertProblem(
        () -> q35().placeDisk(disk("d", DiskBus.VIRTIO_BLK)), Code.CONFLICT, "PCI Express ports");
    assertProblem(() -> q35().placeDisk(disk("d", DiskBus.SATA)), Code.WRONG_STATE, "SATA");
    var microvm = new LaunchedMachine("web", Board.MICROVM, "kvm", List.of());
    for (var bus : List.of(DiskBus.VIRTIO_BLK, DiskBus.VIRTIO_SCSI)) {
      assertProblem(() -> microvm.placeDisk(disk("d", bus)), Code.WRONG_STATE, "microvm");
    }
    assertProblem(() -> microvm.placeNic(Specs.nic("n")), Code.WRONG_STATE, "microvm");
  }

  @Test
  void differencesAreTold() {
    var root = new DevicePlace("disk-root", "virtio-blk-pci", "port-disk-0", null);
    var found = new DevicePlace("disk-root", "virtio-blk-pci", "port-disk-0", "0x0");
    assertThat(DevicePlace.differences(List.of(root), List.of(found))).isEmpty();
    assertThat(DevicePlace.differences(List.of(root), List.of()))
        .containsExactly("disk-root is not there");
    assertThat(DevicePlace.differences(List.of(), List.of(found)))
        .containsExactly("disk-root (virtio-blk-pci on port-disk-0 at 0x0) is not on record");
    var moved = new DevicePlace("disk-root", "virtio-blk-pci", "port-disk-1", "0x0");
    assertThat(DevicePlace.differences(List.of(root), List.of(moved)))
        .singleElement()
        .asString()
        .contains("port-disk-1", "on record as virtio-blk-pci on port-disk-0");
  }

  private static void assertProblem(Runnable call, Code code, String cause) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().cause()).contains(cause);
            });
  }
}
