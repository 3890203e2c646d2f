package dev.kelvin.model.spec;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a spec leaves open, as it suits the guest's system and its machine. Each method takes what
 * the user wrote, whole or in part or null, and fills in the rest; nothing that is there changes.
 *
 * <ul>
 *   <li>{@code linux}, {@code debian}: virtio everywhere, CD drives on virtio-scsi: also the
 *       kernels that are built for clouds, without drivers for real hardware, see them.
 *   <li>{@code windows}: what its installer has drivers for (SATA, e1000e, VGA), UEFI, Hyper-V's
 *       interfaces, a clock in local time that makes up for lost ticks, no HPET; Secure Boot and a
 *       TPM where the host has them.
 *   <li>{@code freebsd}: virtio, CD drives on SATA, which its boot loader and installer expect.
 *   <li>{@code other}: i440fx with IDE and an rtl8139, no virtio and no USB, a clock in local time.
 * </ul>
 *
 * A microvm has virtio only and aarch64's virt no device of old PCs, whatever runs there.
 */
record Presets(GuestOs os, Architecture architecture, Optional<Board> board) {
  Presets(GuestOs os, Architecture architecture, String machine) {
    this(os, architecture, Board.of(machine));
  }

  static String machine(GuestOs os, Architecture architecture) {
    if (!architecture.isX86()) {
      return "virt";
    }
    return os == GuestOs.OTHER ? "i440fx" : "q35";
  }

  private boolean is(Board one) {
    return board.filter(one::equals).isPresent();
  }

  /** Whether the machine has the buses and cards of real PCs. */
  private boolean isPc() {
    return !is(Board.MICROVM) && !is(Board.VIRT);
  }

  private boolean isUnix() {
    return switch (os) {
      case LINUX, DEBIAN, FREEBSD -> true;
      case WINDOWS, OTHER -> false;
    };
  }

  boolean hyperv() {
    return os == GuestOs.WINDOWS && !is(Board.VIRT);
  }

  /** With {@code kernel}, nothing has to find a boot loader. 32-bit PCs have no UEFI. */
  FirmwareType firmware(boolean kernel) {
    boolean modernPc = is(Board.Q35) && architecture != Architecture.I386;
    boolean uefi = (is(Board.VIRT) && !kernel) || (os == GuestOs.WINDOWS && modernPc);
    return uefi ? FirmwareType.UEFI : FirmwareType.BIOS;
  }

  /** Windows 11 and Server 2022 ask for it; nothing checks a kernel that is started directly. */
  boolean secureBoot(FirmwareType firmware, boolean kernel) {
    return os == GuestOs.WINDOWS && firmware == FirmwareType.UEFI && is(Board.Q35) && !kernel;
  }

  /** Windows 11 asks for it; the older ones, on the older machine, do not know it. */
  boolean tpm(FirmwareType firmware) {
    boolean modern = is(Board.Q35) || is(Board.VIRT);
    return os == GuestOs.WINDOWS && firmware == FirmwareType.UEFI && modern;
  }

  List<Disk> disks(@Nullable List<Disk> given) {
    return given == null
        ? List.of()
        : given.stream().map(disk -> disk.withDefaultBus(diskBus())).toList();
  }

  private DiskBus diskBus() {
    if (isUnix() || !isPc()) {
      return DiskBus.VIRTIO_BLK;
    }
    return is(Board.I440FX) ? DiskBus.IDE : DiskBus.SATA;
  }

  List<Cdrom> cdroms(@Nullable List<Cdrom> given) {
    return given == null
        ? List.of()
        : given.stream().map(cdrom -> cdrom.withDefaultBus(cdromBus())).toList();
  }

  private CdromBus cdromBus() {
    boolean virtio = os == GuestOs.LINUX || os == GuestOs.DEBIAN;
    if (virtio || !isPc()) {
      return CdromBus.VIRTIO_SCSI;
    }
    return is(Board.I440FX) ? CdromBus.IDE : CdromBus.SATA;
  }

  List<Nic> nics(@Nullable List<Nic> given) {
    return given == null
        ? List.of()
        : given.stream().map(nic -> nic.withDefaultModel(nicModel())).toList();
  }

  private NicModel nicModel() {
    if (isUnix() || !isPc()) {
      return NicModel.VIRTIO;
    }
    return os == GuestOs.WINDOWS ? NicModel.E1000E : NicModel.RTL8139;
  }

  // A null that a constructor is given asks it for the default; NullAway has no word for that.
  @SuppressWarnings("NullAway")
  Graphics graphics(@Nullable Graphics given) {
    Graphics graphics = given == null ? Graphics.of(null) : given;
    boolean virt = is(Board.VIRT);
    return graphics.withDefaults(
        virt ? VideoModel.VIRTIO : VideoModel.STD, os != GuestOs.OTHER || virt, virt);
  }

  Clock clock(@Nullable Clock given) {
    boolean windows = os == GuestOs.WINDOWS;
    return (given == null ? Clock.open() : given)
        .withDefaults(
            isUnix() ? ClockBase.UTC : ClockBase.LOCALTIME, isPc() && !windows, isPc() && windows);
  }

  /** Whether it has the virtio devices that help a guest: random numbers, the agent's channel. */
  boolean helpers() {
    return os != GuestOs.OTHER;
  }
}
