package dev.kelvin.cli.run;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CdromBus;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.GuestOs;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Protocol;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.Tpm;
import dev.kelvin.model.spec.TpmVersion;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.model.spec.Watchdog;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A VM as {@code kelvin run} and {@code kelvin create} make it.
 *
 * @param image what its first disk starts as
 * @param iso what is in its CD drive
 * @param diskSize of its first disk; null for none, or for the size of the image
 * @param cloudInit null for a guest without cloud-init
 */
public record VmWish(
    Power power,
    Hardware hardware,
    Accelerator accelerator,
    int cpus,
    ByteSize memory,
    Boot boot,
    @Nullable String image,
    @Nullable String iso,
    @Nullable ByteSize diskSize,
    List<PortForward> forwards,
    @Nullable CloudInit cloudInit,
    Map<String, String> labels,
    Extras extras) {

  /** What only some VMs have. */
  public record Extras(
      @Nullable Boolean secureBoot,
      @Nullable Boolean tpm,
      List<Share> shares,
      @Nullable Netboot netboot,
      boolean hostAccess) {}

  /** What is null is chosen by the system that runs in the VM. */
  public record Hardware(
      @Nullable Architecture architecture,
      @Nullable GuestOs os,
      @Nullable String machine,
      @Nullable FirmwareType firmware,
      @Nullable Integer menuSeconds,
      @Nullable Graphics graphics,
      @Nullable Watchdog watchdog,
      @Nullable String cpuModel,
      List<String> cpuFeatures) {
    /** Nothing but the usual. */
    public static Hardware usual() {
      return new Hardware(null, null, null, null, null, null, null, null, List.of());
    }
  }

  static final int SSH = 22;

  /** The machine that has no screen. */
  public static final String MICROVM = "microvm";

  /** The same with these images, and a first disk of this size. */
  public VmWish with(
      @Nullable String newImage, @Nullable String newIso, @Nullable ByteSize newDiskSize) {
    return new VmWish(
        power,
        hardware,
        accelerator,
        cpus,
        memory,
        boot,
        newImage,
        newIso,
        newDiskSize,
        forwards,
        cloudInit,
        labels,
        extras);
  }

  /** The document with this name. */
  public Vm named(String name) {
    var spec =
        new VmSpec.Builder()
            .power(power)
            .accelerator(accelerator)
            .tpm(tpm(extras.tpm()))
            .shares(extras.shares())
            .cpu(
                Cpu.of(cpus)
                    .withModel(
                        Objects.requireNonNullElse(hardware.cpuModel(), "auto"),
                        hardware.cpuFeatures()))
            .memory(Memory.of(memory))
            .boot(new Boot(boot.kernel(), boot.initrd(), boot.cmdline(), hardware.menuSeconds()))
            .disks(disks())
            .cdroms(cdroms())
            .nics(List.of(nic()))
            .watchdog(hardware.watchdog())
            .cloudInit(cloudInit);
    describe(spec);
    return new Vm(
        new Metadata(name, "", labels, 0, Instant.EPOCH), spec.build(), VmStatus.initial());
  }

  private static @Nullable Tpm tpm(@Nullable Boolean wanted) {
    return wanted == null ? null : new Tpm(wanted ? TpmVersion.V2_0 : TpmVersion.NONE);
  }

  private void describe(VmSpec.Builder spec) {
    if (hardware.architecture() != null) {
      spec.architecture(hardware.architecture());
    }
    if (hardware.os() != null) {
      spec.os(hardware.os());
    }
    if (hardware.machine() != null) {
      spec.machine(hardware.machine());
    }
    if (Boolean.TRUE.equals(extras.secureBoot())) {
      spec.firmware(Firmware.secure());
    } else if (extras.secureBoot() != null) {
      spec.firmware(Firmware.withoutSecureBoot(hardware.firmware()));
    } else if (hardware.firmware() != null) {
      spec.firmware(Firmware.of(hardware.firmware()));
    }
    if (hardware.graphics() != null) {
      spec.graphics(hardware.graphics());
    } else if (isMicrovm()) {
      spec.graphics(Graphics.of(GraphicsType.NONE));
    }
  }

  private boolean isMicrovm() {
    return MICROVM.equals(hardware.machine());
  }

  private List<Disk> disks() {
    if (image == null && diskSize == null) {
      return List.of();
    }
    return List.of(Disk.of("root", image, diskSize).withBootIndex(0));
  }

  private Nic nic() {
    Nic nic = Nic.of("net0").withForwards(allForwards()).withHostAccess(extras.hostAccess());
    // As a CD: after the disk, which boots once a system is installed on it.
    return extras.netboot() == null ? nic : nic.withNetboot(extras.netboot(), 2);
  }

  private List<Cdrom> cdroms() {
    if (iso == null) {
      return List.of();
    }
    // An empty disk does not boot, so the CD follows it; once a system is installed, it does.
    return List.of(Cdrom.of("cd0", iso, installerBus(), 1));
  }

  /**
   * An installer of a system that nobody has named may lack drivers for virtio; every one knows a
   * drive on SATA. Null lets the system that was named, or the image's, choose.
   */
  private @Nullable CdromBus installerBus() {
    boolean unknown = hardware.os() == null && hardware.machine() == null && image == null;
    boolean x86 = hardware.architecture() == null || hardware.architecture().isX86();
    return unknown && x86 ? CdromBus.SATA : null;
  }

  /** The user's forwards, and one to the guest's sshd when it is a guest to log in to. */
  private List<PortForward> allForwards() {
    boolean reachable = forwards.stream().anyMatch(one -> one.guestPort() == SSH);
    if (reachable || cloudInit == null) {
      return forwards;
    }
    var all = new ArrayList<>(forwards);
    all.addFirst(PortForward.of(Protocol.TCP, "127.0.0.1", 0, SSH));
    return all;
  }
}
