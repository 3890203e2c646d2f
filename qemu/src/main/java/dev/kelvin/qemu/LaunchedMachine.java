package dev.kelvin.qemu;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.Nic;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A machine as it was launched, with the devices that it has got since. It alone decides where one
 * more goes: so the place is on record before the device is plugged in. See {@link Topology} for
 * the map.
 *
 * @param vm the VM's name
 * @param accelerator {@code kvm} or {@code tcg}
 * @param devices all that have an id, ports included
 */
public record LaunchedMachine(
    String vm, Board board, String accelerator, List<DevicePlace> devices) {
  private static final String SCSI = "scsi";
  private static final String NIC_PORT = "port-nic-";
  private static final String DISK_PORT = "port-disk-";

  public LaunchedMachine {
    devices = List.copyOf(devices);
  }

  /** With devices that are about to be plugged in. */
  public LaunchedMachine with(List<DevicePlace> added) {
    return new LaunchedMachine(
        vm, board, accelerator, Stream.concat(devices.stream(), added.stream()).toList());
  }

  public MachineKind kind() {
    return MachineKind.of(board, accelerator);
  }

  /** How problems name the VM. */
  public String ref() {
    return Vm.ref(vm);
  }

  /**
   * The devices to plug in for a disk: where its bus needs one, the controller first; the disk
   * last.
   *
   * @throws ProblemException conflict when there is no room, wrong-state for a bus without hot-plug
   */
  public List<DevicePlace> placeDisk(Disk disk) {
    if (disk.bus() == DiskBus.SATA || disk.bus() == DiskBus.IDE) {
      throw noHotPlug("QEMU has no hot-plug on " + disk.bus().wire().toUpperCase(Locale.ROOT));
    }
    var places = new ArrayList<DevicePlace>();
    if (disk.bus() == DiskBus.VIRTIO_SCSI && find(SCSI) == null) {
      places.add(at(SCSI, kind().virtio(SCSI), scsiController()));
    }
    places.add(
        at(
            Devices.diskId(disk.name()),
            Devices.driver(kind(), disk.bus()),
            disk.bus() == DiskBus.VIRTIO_SCSI ? scsiDisk() : pciDisk()));
    return List.copyOf(places);
  }

  /**
   * The device to plug in for a NIC.
   *
   * @throws ProblemException as {@link #placeDisk}
   */
  public DevicePlace placeNic(Nic nic) {
    Props place =
        switch (board) {
          case Q35, VIRT -> port(NIC_PORT);
          case I440FX -> slot(Topology.I440FX_FIRST_NIC, Topology.MAX_NICS);
          case MICROVM -> throw noHotPlug("a microvm has no hot-plug");
        };
    return at(Devices.nicId(nic.name()), Devices.driver(kind(), nic.model()), place);
  }

  private static DevicePlace at(String id, String driver, Props place) {
    return DevicePlace.of(Props.of("id", id).set("driver", driver).setAll(place));
  }

  /** Which of the machine's NICs one is, from 0: each has a subnet of its own. */
  public static int nicIndex(DevicePlace nic) {
    String bus = Objects.requireNonNull(nic.bus(), "a NIC has a bus");
    return bus.startsWith(NIC_PORT)
        ? Integer.parseInt(bus.substring(NIC_PORT.length()))
        : slotOf(nic) - Topology.I440FX_FIRST_NIC;
  }

  /** The device of an id; null when the machine has none. */
  public @Nullable DevicePlace find(String id) {
    return devices.stream().filter(device -> device.id().equals(id)).findAny().orElse(null);
  }

  private Props pciDisk() {
    return switch (board) {
      case Q35, VIRT -> port(DISK_PORT);
      case I440FX -> slot(Topology.I440FX_FIRST_DISK, Topology.I440FX_DISKS);
      case MICROVM -> throw noHotPlug("a microvm has no hot-plug");
    };
  }

  /** Where a SCSI controller goes that the machine did not start with. */
  private Props scsiController() {
    return switch (board) {
      case Q35, VIRT -> pciDisk();
      case I440FX -> Topology.pci(Topology.I440FX_SCSI);
      case MICROVM -> throw noHotPlug("a microvm has no hot-plug");
    };
  }

  private Props scsiDisk() {
    if (board == Board.MICROVM) {
      throw noHotPlug("a microvm has no hot-plug");
    }
    Set<String> taken = addresses("scsi.0");
    for (int target = 0; target < Topology.SCSI_TARGETS; target++) {
      if (!taken.contains(Integer.toString(target))) {
        return Topology.scsiAddress("scsi.0", target);
      }
    }
    throw full("SCSI targets");
  }

  private Set<String> addresses(String bus) {
    return devices.stream()
        .filter(device -> bus.equals(device.bus()) && device.address() != null)
        .map(device -> String.valueOf(device.address()))
        .collect(Collectors.toSet());
  }

  private Props port(String prefix) {
    Set<String> taken =
        devices.stream().map(device -> String.valueOf(device.bus())).collect(Collectors.toSet());
    return devices.stream()
        .map(DevicePlace::id)
        .filter(id -> id.startsWith(prefix) && !taken.contains(id))
        .min(Topology.BY_NUMBER)
        .map(port -> Props.of("bus", port))
        .orElseThrow(() -> full("PCI Express ports"));
  }

  private Props slot(int first, int count) {
    Set<Integer> taken =
        devices.stream()
            .filter(device -> "pci.0".equals(device.bus()) && device.address() != null)
            .map(LaunchedMachine::slotOf)
            .collect(Collectors.toSet());
    for (int slot = first; slot < first + count; slot++) {
      if (!taken.contains(slot)) {
        return Topology.pci(slot);
      }
    }
    throw full("PCI slots");
  }

  private static int slotOf(DevicePlace device) {
    String address = Objects.requireNonNull(device.address(), "a device on PCI has an address");
    return Integer.decode(address.replaceFirst("\\..*", ""));
  }

  private ProblemException full(String what) {
    return Problem.of(Code.CONFLICT, "The running VM has no room for another device")
        .on(ref())
        .because("all its " + what + " are taken")
        .remedy("detach a device, or add this one while the VM is stopped")
        .asException();
  }

  private ProblemException noHotPlug(String cause) {
    return Problem.of(Code.WRONG_STATE, "The device cannot be changed while the VM runs")
        .on(ref())
        .because(cause)
        .remedy("change it while the VM is stopped")
        .asException();
  }
}
