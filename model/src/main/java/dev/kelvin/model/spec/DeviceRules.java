package dev.kelvin.model.spec;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Volume;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Rules of disks and CD drives, of their names and boot indices, and those that NICs share. */
final class DeviceRules {
  private static final Pattern SERIAL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 ._+:-]{0,19}");
  private static final long SECTOR = 512;
  private static final ByteSize MIN_SIZE = ByteSize.ofMiB(1);

  /** A disk of a larger number without a unit was meant in MiB. */
  private static final long MOST_GIGA = 2000;

  private static final int MAX_BOOT_INDEX = 1000;

  private final VmSpec spec;
  private final Violations violations;
  private final Violations.Unique<String> names = new Violations.Unique<>();
  private final Violations.Unique<String> volumes = new Violations.Unique<>();
  private final Violations.Unique<Integer> bootIndices = new Violations.Unique<>();

  private DeviceRules(VmSpec spec, Violations violations) {
    this.spec = spec;
    this.violations = violations;
  }

  static void check(VmSpec spec, Violations violations) {
    new DeviceRules(spec, violations).check();
  }

  private void check() {
    if (spec.windowsSetup() != null) {
      // The CDs of the installer are drives of these names.
      names.claim(WindowsSetup.ANSWERS, "spec.windowsSetup");
      names.claim(WindowsSetup.DRIVERS, "spec.windowsSetup.drivers");
    }
    for (int i = 0; i < spec.disks().size(); i++) {
      disk(spec.disks().get(i), "spec.disks[" + i + "]");
    }
    for (int i = 0; i < spec.cdroms().size(); i++) {
      cdrom(spec.cdroms().get(i), "spec.cdroms[" + i + "]");
    }
    for (int i = 0; i < spec.nics().size(); i++) {
      var nic = spec.nics().get(i);
      common("spec.nics[" + i + "]", nic.name(), nic.bootIndex());
    }
    for (int i = 0; i < spec.shares().size(); i++) {
      common("spec.shares[" + i + "]", spec.shares().get(i).name(), null);
    }
    counts();
  }

  private void common(String field, @Nullable String name, @Nullable Integer bootIndex) {
    violations.name(name, field + ".name", SpecRules.MAX_DEVICE_NAME);
    if (name != null) {
      String taken = names.claim(name, field + ".name");
      if (taken != null) {
        violations.add(
            field + ".name",
            "\"" + name + "\" is the name of another device (" + taken + ")",
            "choose another name");
      }
    }
    if (bootIndex != null) {
      violations.range(bootIndex, 0, MAX_BOOT_INDEX, field + ".bootIndex");
      String taken = bootIndices.claim(bootIndex, field + ".bootIndex");
      if (taken != null) {
        violations.add(
            field + ".bootIndex",
            "another device has the boot index " + bootIndex + " (" + taken + ")",
            "give each device a boot index of its own");
      }
    }
  }

  private void disk(Disk disk, String field) {
    common(field, disk.name(), disk.bootIndex());
    if (disk.image() != null) {
      violations.name(disk.image(), field + ".image", 63);
    }
    if (disk.volume() != null) {
      volume(disk, disk.volume(), field + ".volume");
    }
    size(disk, field + ".size");
    violations.require(
        disk.bus() != DiskBus.IDE || !spec.isOn(Board.Q35),
        field + ".bus",
        "the machine " + spec.machine() + " has no IDE",
        "use sata, or the machine i440fx");
    violations.require(
        disk.serial() == null || SERIAL.matcher(disk.serial()).matches(),
        field + ".serial",
        "it is not a serial number",
        "use 1 to 20 letters, digits, spaces and . _ + : -");
    boolean virtio = disk.bus() == DiskBus.VIRTIO_BLK || disk.bus() == DiskBus.VIRTIO_SCSI;
    violations.require(
        virtio || !disk.ioThread(),
        field + ".ioThread",
        "a disk on " + disk.bus().wire() + " has no thread of its own",
        "leave it out, or use the bus virtio-blk or virtio-scsi");
    violations.require(
        virtio || !disk.readOnly(),
        field + ".readOnly",
        "a disk on " + disk.bus().wire() + " cannot be read-only",
        "use the bus virtio-blk or virtio-scsi");
    violations.require(
        !disk.readOnly() || disk.image() != null || disk.volume() != null,
        field + ".readOnly",
        "the disk starts empty, and nobody could ever write to it",
        "name an image or a volume, or leave readOnly out");
  }

  private void volume(Disk disk, String id, String field) {
    violations.require(
        Volume.ID.matcher(id).matches(),
        field,
        "it is not the id of a volume",
        "see \"kelvin volume ls\" for the volumes there are");
    violations.require(
        disk.image() == null,
        field,
        "a disk is either an existing volume or made from an image",
        "leave image or volume out");
    String taken = volumes.claim(id, field);
    if (taken != null) {
      violations.add(
          field, "another disk is the same volume (" + taken + ")", "name each volume once");
    }
  }

  private void size(Disk disk, String field) {
    ByteSize size = disk.size();
    if (size == null) {
      violations.require(
          disk.image() != null || disk.volume() != null,
          field,
          "a disk that starts empty needs a size",
          "write a size such as 10GiB, or name an image or a volume");
    } else if (size.compareTo(MIN_SIZE) < 0) {
      violations.add(
          field,
          size + " is too small",
          size.meant(MOST_GIGA).orElse("write at least " + MIN_SIZE));
    } else if (size.compareTo(Disk.MAX_SIZE) > 0) {
      violations.add(field, size + " is too large", "write at most " + Disk.MAX_SIZE);
    } else if (size.bytes() % SECTOR != 0) {
      violations.add(
          field, "it is not a whole number of sectors", "round it to " + SECTOR + " bytes");
    }
  }

  private void cdrom(Cdrom cdrom, String field) {
    common(field, cdrom.name(), cdrom.bootIndex());
    if (cdrom.image() != null) {
      violations.name(cdrom.image(), field + ".image", 63);
    }
    violations.require(
        cdrom.bus() != CdromBus.IDE || !spec.isOn(Board.Q35),
        field + ".bus",
        "the machine " + spec.machine() + " has no IDE",
        "use sata, or the machine i440fx");
  }

  private void counts() {
    int pciLimit =
        spec.isOn(Board.I440FX) ? SpecRules.MAX_PCI_DISKS_I440FX : SpecRules.MAX_PCI_DISKS_Q35;
    atMost(pciLimit, disks(DiskBus.VIRTIO_BLK) + disks(DiskBus.NVME), "virtio-blk and NVMe disks");
    atMost(SpecRules.MAX_DISKS, spec.disks().size(), "disks");
    atMost(
        SpecRules.MAX_SATA_DEVICES,
        disks(DiskBus.SATA) + cdroms(CdromBus.SATA) + installerCds(),
        "SATA disks and CD drives");
    atMost(
        SpecRules.MAX_IDE_DEVICES,
        disks(DiskBus.IDE) + cdroms(CdromBus.IDE),
        "IDE disks and CD drives");
    atMost(SpecRules.MAX_SCSI_DISKS, cdroms(CdromBus.VIRTIO_SCSI), "virtio-scsi CD drives");
  }

  private void atMost(int limit, long count, String what) {
    boolean disks = what.contains("disks") && !spec.disks().isEmpty();
    violations.require(
        count <= limit,
        disks ? "spec.disks" : "spec.cdroms",
        "there are " + count + " " + what,
        "use at most " + limit + ", or another bus");
  }

  private int installerCds() {
    WindowsSetup setup = spec.windowsSetup();
    return setup == null ? 0 : setup.drivers() == null ? 1 : 2;
  }

  private long disks(DiskBus bus) {
    return spec.disks().stream().filter(disk -> disk.bus() == bus).count();
  }

  private long cdroms(CdromBus bus) {
    return spec.cdroms().stream().filter(cdrom -> cdrom.bus() == bus).count();
  }
}
