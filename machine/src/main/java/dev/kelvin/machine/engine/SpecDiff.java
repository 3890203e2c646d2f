package dev.kelvin.machine.engine;

import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What has to happen to a running VM so that it becomes what is wanted.
 *
 * @param live changes that the running VM takes, in the order to make them
 * @param restart fields that take effect at its next start
 */
public record SpecDiff(List<LiveChange> live, List<String> restart) {
  /** A change that a running VM takes. */
  public sealed interface LiveChange {
    record AddDisk(Disk disk) implements LiveChange {}

    record RemoveDisk(String name) implements LiveChange {}

    record AddNic(Nic nic) implements LiveChange {}

    record RemoveNic(String name) implements LiveChange {}

    /** Puts an image into a drive, or takes what is there out. */
    record ChangeMedia(String cdrom, @Nullable String image) implements LiveChange {}
  }

  /** A part of the spec that is fixed while the VM runs. */
  private record Fixed(String field, Function<VmSpec, @Nullable Object> part) {}

  private static final List<Fixed> FIXED =
      List.of(
          new Fixed("spec.accelerator", VmSpec::accelerator),
          new Fixed("spec.machine", VmSpec::machine),
          new Fixed("spec.cpu", VmSpec::cpu),
          new Fixed("spec.memory", VmSpec::memory),
          new Fixed("spec.firmware", VmSpec::firmware),
          new Fixed("spec.boot", VmSpec::boot),
          new Fixed("spec.graphics", VmSpec::graphics),
          new Fixed("spec.serial", VmSpec::serial),
          new Fixed("spec.audio", VmSpec::audio),
          new Fixed("spec.watchdog", VmSpec::watchdog),
          new Fixed("spec.smbios", VmSpec::smbios),
          new Fixed("spec.clock", VmSpec::clock),
          new Fixed("spec.rng", VmSpec::rng),
          new Fixed("spec.guestAgent", VmSpec::guestAgent),
          new Fixed("spec.tpm", VmSpec::hasTpm),
          new Fixed("spec.shares", VmSpec::shares),
          new Fixed("spec.cloudInit", spec -> Optional.ofNullable(spec.cloudInit())),
          new Fixed("spec.windowsSetup", spec -> Optional.ofNullable(spec.windowsSetup())));

  /**
   * What makes one the other.
   *
   * @param running what the process was started with, and has been changed to since
   * @param wanted what it shall be
   */
  public static SpecDiff between(VmSpec running, VmSpec wanted) {
    var live = new ArrayList<LiveChange>();
    var restart = new ArrayList<String>();
    for (Fixed fixed : FIXED) {
      if (!Objects.equals(fixed.part().apply(running), fixed.part().apply(wanted))) {
        restart.add(fixed.field());
      }
    }
    disks(running, wanted, live, restart);
    nics(running, wanted, live, restart);
    cdroms(running, wanted, live, restart);
    return new SpecDiff(List.copyOf(live), List.copyOf(restart));
  }

  private static void disks(
      VmSpec running, VmSpec wanted, List<LiveChange> live, List<String> restart) {
    for (Disk disk : running.disks()) {
      if (find(wanted.disks(), Disk::name, disk.name()).isEmpty()) {
        live.add(new LiveChange.RemoveDisk(disk.name()));
      }
    }
    for (int i = 0; i < wanted.disks().size(); i++) {
      Disk disk = wanted.disks().get(i);
      Optional<Disk> before = find(running.disks(), Disk::name, disk.name());
      if (before.isEmpty()) {
        live.add(new LiveChange.AddDisk(disk));
      } else if (!before.get().equals(disk)) {
        restart.add("spec.disks[" + i + "]");
      }
    }
  }

  private static void nics(
      VmSpec running, VmSpec wanted, List<LiveChange> live, List<String> restart) {
    for (Nic nic : running.nics()) {
      if (find(wanted.nics(), Nic::name, nic.name()).isEmpty()) {
        live.add(new LiveChange.RemoveNic(nic.name()));
      }
    }
    for (int i = 0; i < wanted.nics().size(); i++) {
      Nic nic = wanted.nics().get(i);
      Optional<Nic> before = find(running.nics(), Nic::name, nic.name());
      Netboot netboot = nic.netboot();
      if (before.isEmpty() && netboot != null && netboot.directory() != null) {
        // What runs a VM reaches no directory but those that it began with.
        restart.add("spec.nics[" + i + "].netboot.directory");
      } else if (before.isEmpty()) {
        live.add(new LiveChange.AddNic(nic));
      } else if (!before.get().equals(nic)) {
        restart.add("spec.nics[" + i + "]");
      }
    }
  }

  private static void cdroms(
      VmSpec running, VmSpec wanted, List<LiveChange> live, List<String> restart) {
    for (int i = 0; i < wanted.cdroms().size(); i++) {
      Cdrom drive = wanted.cdroms().get(i);
      Optional<Cdrom> before = find(running.cdroms(), Cdrom::name, drive.name());
      if (before.isEmpty() || !before.get().withImage(drive.image()).equals(drive)) {
        restart.add("spec.cdroms[" + i + "]");
      } else if (!Objects.equals(before.get().image(), drive.image())) {
        live.add(new LiveChange.ChangeMedia(drive.name(), drive.image()));
      }
    }
    for (Cdrom drive : running.cdroms()) {
      if (find(wanted.cdroms(), Cdrom::name, drive.name()).isEmpty()) {
        restart.add("spec.cdroms");
      }
    }
  }

  private static <T> Optional<T> find(List<T> items, Function<T, String> name, String wanted) {
    return items.stream().filter(item -> name.apply(item).equals(wanted)).findFirst();
  }
}
