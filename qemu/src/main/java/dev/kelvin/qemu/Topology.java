package dev.kelvin.qemu;

import dev.kelvin.model.spec.AudioModel;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CdromBus;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.SpecRules;
import dev.kelvin.model.spec.VideoModel;
import dev.kelvin.model.spec.VmSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Where each device sits. Every kind of device has a range of its own, so that adding a disk moves
 * no network card: a guest names its cards by their place.
 *
 * <pre>
 * q35, pcie.0    01 screen   02.n port of NIC n   03.0 to 06.7 port of disk n   07 SCSI   08 SCSI
 *                CDs   09 port of the seed   0a serial bus   0b RNG   0c USB   0d.n further
 *                screens   1b sound   1c watchdog   1d.n share n   1f chip set, SATA
 * virt, pcie.0   as q35, and 1e panic
 * i440fx, pci.0  01 chip set, IDE   01.2 watchdog   01.4 to 01.7 share n   02 screen   02.1 sound
 *                02.2 to 02.4 further screens   03 serial bus   04 RNG   05 USB   06 SATA   07 SCSI
 *                08 SCSI CDs   09 to 10 NIC n   11 to 1e disk n   1f seed
 * microvm        virtio-mmio-bus.7 and down: disks, seed, NICs, SCSI, SCSI CDs, serial bus, RNG
 * </pre>
 */
public final class Topology {
  static final int MAX_NICS = SpecRules.MAX_NICS;
  static final int Q35_DISKS = SpecRules.MAX_PCI_DISKS_Q35;
  static final int I440FX_DISKS = SpecRules.MAX_PCI_DISKS_I440FX;
  static final int SCSI_TARGETS = SpecRules.MAX_SCSI_DISKS;
  static final int I440FX_FIRST_NIC = 0x09;
  static final int I440FX_FIRST_DISK = 0x11;
  static final int I440FX_SCSI = 0x07;

  /** Orders ids that end in a number, such as those of ports. */
  static final Comparator<String> BY_NUMBER =
      Comparator.comparingInt(id -> Integer.parseInt(id.replaceFirst(".*-", "")));

  private static final int SPARE_NIC_PORTS = 2;
  private static final int SPARE_DISK_PORTS = 4;

  private final MachineKind machine;
  private final Board kind;
  private final VmSpec spec;
  private final boolean seed;

  public Topology(LaunchPlan plan) {
    machine = MachineKind.of(plan.board(), plan.accelerator());
    kind = plan.board();
    spec = plan.spec();
    seed = plan.seed();
  }

  /** The name of a virtio device on this machine's bus. */
  public String virtio(String device) {
    return machine.virtio(device);
  }

  public MachineKind machine() {
    return machine;
  }

  /** The ports that PCI Express devices are plugged into, spare ones for hot-plug included. */
  public List<Props> ports() {
    var ports = new ArrayList<Props>();
    if (!kind.hasPorts()) {
      return ports;
    }
    int nicPorts = Math.min(MAX_NICS, spec.nics().size() + SPARE_NIC_PORTS);
    for (int i = 0; i < nicPorts; i++) {
      ports.add(port("port-nic-" + i, 0x02, i, 1 + i, nicPorts > 1));
    }
    int diskPorts = Math.min(Q35_DISKS, (int) pciDisks() + SPARE_DISK_PORTS);
    for (int i = 0; i < diskPorts; i++) {
      ports.add(port("port-disk-" + i, 0x03 + i / 8, i % 8, 0x10 + i, true));
    }
    if (seed) {
      ports.add(port("port-seed", 0x09, 0, 0x40, false));
    }
    return ports;
  }

  private static Props port(String id, int slot, int function, int chassis, boolean several) {
    var port =
        Props.of("driver", "pcie-root-port")
            .set("id", id)
            .set("bus", "pcie.0")
            .set("addr", address(slot, function))
            .set("chassis", chassis);
    return several && function == 0 ? port.set("multifunction", true) : port;
  }

  private long pciDisks() {
    return spec.disks().stream().filter(Topology::onPci).count();
  }

  private static boolean onPci(Disk disk) {
    return disk.bus() == DiskBus.VIRTIO_BLK || disk.bus() == DiskBus.NVME;
  }

  public Props screen() {
    var place = fixed(0x01, 0x02, 0);
    boolean neighbour =
        kind == Board.I440FX
            && (spec.audio().model() != AudioModel.NONE || !spec.graphics().others().isEmpty());
    return neighbour ? place.set("multifunction", true) : place;
  }

  /** Further screens share a slot: they cannot be plugged while the VM runs. */
  public Props otherScreen(int index) {
    if (kind == Board.I440FX) {
      return Props.of("bus", "pci.0").set("addr", address(0x02, 2 + index));
    }
    var place = Props.of("bus", "pcie.0").set("addr", address(0x0d, index));
    return index == 0 && spec.graphics().others().size() > 1
        ? place.set("multifunction", true)
        : place;
  }

  public Props nic(int index) {
    return switch (kind) {
      case Q35, VIRT -> Props.of("bus", "port-nic-" + index);
      case I440FX -> pci(I440FX_FIRST_NIC + index);
      case MICROVM -> mmio((int) pciDisks() + (seed ? 1 : 0) + index);
    };
  }

  public Props place(Disk disk) {
    return switch (disk.bus()) {
      case VIRTIO_BLK, NVME -> pciDisk(position(disk, Topology::onPci));
      case VIRTIO_SCSI ->
          scsiAddress("scsi.0", position(disk, other -> other.bus() == DiskBus.VIRTIO_SCSI));
      // Ports are given to disks first, then to CD drives.
      case SATA -> sataPort(position(disk, other -> other.bus() == DiskBus.SATA));
      case IDE -> ideUnit(position(disk, other -> other.bus() == DiskBus.IDE));
    };
  }

  private Props pciDisk(int index) {
    return switch (kind) {
      case Q35, VIRT -> Props.of("bus", "port-disk-" + index);
      case I440FX -> pci(I440FX_FIRST_DISK + index);
      case MICROVM -> mmio(index);
    };
  }

  public Props seed() {
    return switch (kind) {
      case Q35, VIRT -> Props.of("bus", "port-seed");
      case I440FX -> pci(0x1f);
      case MICROVM -> mmio((int) pciDisks());
    };
  }

  public Props scsi() {
    return fixed(0x07, I440FX_SCSI, afterNics());
  }

  public Props scsiCds() {
    return fixed(0x08, 0x08, afterNics() + (hasScsiDisks() ? 1 : 0));
  }

  public Props serialBus() {
    return fixed(0x0a, 0x03, afterScsi());
  }

  public Props rng() {
    return fixed(0x0b, 0x04, afterScsi() + (spec.guestAgent() ? 1 : 0));
  }

  public Props usb() {
    return fixed(0x0c, 0x05, 0);
  }

  /** The TPM's device: the newer interface where the firmware and the chip set are new. */
  public String tpm() {
    return tpm(kind);
  }

  public static String tpm(Board board) {
    return switch (board) {
      case Q35 -> "tpm-crb";
      case I440FX, MICROVM -> "tpm-tis";
      case VIRT -> "tpm-tis-device";
    };
  }

  /** A slot's functions: a share cannot be plugged while the VM runs, so it needs no port. */
  public Props share(int index) {
    if (kind == Board.I440FX) {
      return Props.of("bus", "pci.0").set("addr", address(0x01, 4 + index));
    }
    var place = Props.of("bus", "pcie.0").set("addr", address(0x1d, index));
    return index == 0 && spec.shares().size() > 1 ? place.set("multifunction", true) : place;
  }

  /** All slots of i440fx have their use: sound is the screen's neighbour, or in its place. */
  public Props audio() {
    return fixedFunction(0x1b, 0x02, hasScreenOnPci() ? 1 : 0);
  }

  /** On i440fx a function of the chip set that QEMU leaves free, that of its USB. */
  public Props watchdog() {
    return fixedFunction(0x1c, 0x01, 2);
  }

  /** Where the device that reports panics goes on a machine without ISA. */
  public Props panic() {
    return Props.of("bus", "pcie.0").set("addr", address(0x1e, 0));
  }

  private Props fixedFunction(int slot, int i440fxSlot, int i440fxFunction) {
    return switch (kind) {
      case Q35, VIRT -> Props.of("bus", "pcie.0").set("addr", address(slot, 0));
      case I440FX -> Props.of("bus", "pci.0").set("addr", address(i440fxSlot, i440fxFunction));
      case MICROVM -> throw new IllegalArgumentException("a microvm has no PCI");
    };
  }

  /** A frame buffer in memory is on no bus. */
  private boolean hasScreenOnPci() {
    return hasScreen() && spec.graphics().model() != VideoModel.RAMFB;
  }

  /** Where the AHCI controller of a machine that has none goes. */
  public Props sata() {
    return fixed(0x1f, 0x06, 0);
  }

  private int afterNics() {
    return (int) pciDisks() + (seed ? 1 : 0) + spec.nics().size();
  }

  private int afterScsi() {
    return afterNics() + (hasScsiDisks() ? 1 : 0) + (hasScsiCds() ? 1 : 0);
  }

  public boolean hasScsiDisks() {
    return spec.disks().stream().anyMatch(disk -> disk.bus() == DiskBus.VIRTIO_SCSI);
  }

  public boolean hasScsiCds() {
    return spec.cdroms().stream().anyMatch(cdrom -> cdrom.bus() == CdromBus.VIRTIO_SCSI);
  }

  /** Whether the machine needs an AHCI controller besides what its chip set has. */
  public boolean wantsSata() {
    return kind == Board.I440FX
        && (spec.disks().stream().anyMatch(disk -> disk.bus() == DiskBus.SATA)
            || spec.cdroms().stream().anyMatch(cdrom -> cdrom.bus() == CdromBus.SATA));
  }

  public boolean hasScreen() {
    return spec.graphics().type() == GraphicsType.VNC;
  }

  public Props cdrom(Cdrom cdrom) {
    int index =
        (int)
            spec.cdroms().stream()
                .takeWhile(other -> !other.equals(cdrom))
                .filter(other -> other.bus() == cdrom.bus())
                .count();
    return switch (cdrom.bus()) {
      case SATA -> sataPort(index + count(DiskBus.SATA));
      case IDE -> ideUnit(index + count(DiskBus.IDE));
      case VIRTIO_SCSI -> scsiAddress("scsi-cds.0", index);
    };
  }

  private int count(DiskBus bus) {
    return (int) spec.disks().stream().filter(disk -> disk.bus() == bus).count();
  }

  /** Two channels with two drives each, given to disks first, then to CD drives. */
  private static Props ideUnit(int index) {
    return Props.of("bus", "ide." + index / 2).set("unit", index % 2);
  }

  /** Each SCSI device is a target of its own with one logical unit. */
  static Props scsiAddress(String bus, int target) {
    return Props.of("bus", bus).set("channel", 0).set("scsi-id", target).set("lun", 0);
  }

  private Props sataPort(int index) {
    return Props.of("bus", (kind == Board.Q35 ? "ide." : "sata.") + index);
  }

  private int position(Disk disk, Predicate<Disk> sameRange) {
    return (int)
        spec.disks().stream()
            .takeWhile(other -> !other.name().equals(disk.name()))
            .filter(sameRange)
            .count();
  }

  private Props fixed(int q35Slot, int i440fxSlot, int mmioIndex) {
    return switch (kind) {
      case Q35, VIRT -> Props.of("bus", "pcie.0").set("addr", address(q35Slot, 0));
      case I440FX -> pci(i440fxSlot);
      case MICROVM -> mmio(mmioIndex);
    };
  }

  static Props pci(int slot) {
    return Props.of("bus", "pci.0").set("addr", address(slot, 0));
  }

  /** Linux finds the transport of the highest number first. */
  private static Props mmio(int index) {
    return Props.of("bus", "virtio-mmio-bus." + (SpecRules.MAX_MMIO_DEVICES - 1 - index));
  }

  /**
   * An address on a PCI bus as QEMU's options write it.
   *
   * @param number the slot times 8, plus the function
   */
  public static String address(int number) {
    return address(number >> 3, number & 7);
  }

  private static String address(int slot, int function) {
    return "0x" + Integer.toHexString(slot) + (function == 0 ? "" : ".0x" + function);
  }
}
