package dev.kelvin.machine.store;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.state.backup.StateScan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Checks what is stored of VMs: each refers to what is there, and is referred to as it says. */
public final class VmStateCheck {
  private static final String REPAIR = "restore a backup of before; VMs that run go on";

  private final StateScan scan;
  private final Set<String> images;
  private final Function<String, Path> volumes;
  private final Map<String, @Nullable VmRecord> vms;

  /** The ids of those that have a process. */
  private final Set<String> runs;

  /** What tasks hold: it keeps what they need to undo what they do. */
  private final Set<String> held;

  /**
   * @param images the names of those there are
   * @param volumes where the file of a volume has to be
   */
  public VmStateCheck(StateScan scan, Set<String> images, Function<String, Path> volumes) {
    this.scan = scan;
    this.images = images;
    this.volumes = volumes;
    this.vms = scan.documents(VmRepository.vmForm());
    this.runs = scan.documents(VmRepository.runForm()).keySet();
    this.held = scan.heldByTasks();
  }

  public void check() {
    var names = new HashMap<String, String>();
    var macs = new HashMap<String, String>();
    var uids = new HashMap<String, String>();
    var statuses = scan.documents(VmRepository.statusForm()).keySet();
    vms.forEach((id, vm) -> {
      if (vm == null) {
        return;
      }
      String key = VmRepository.VMS + id;
      if (!vm.metadata().id().equals(id)) {
        scan.report(key, "it says that its id is " + vm.metadata().id(), REPAIR);
      }
      if (!statuses.contains(id)) {
        scan.report(key, "it has no status", REPAIR);
      }
      names.put(vm.metadata().name(), id);
      for (Nic nic : vm.spec().nics()) {
        if (nic.mac() != null) {
          macs.put(nic.mac().toLowerCase(Locale.ROOT), id);
        }
      }
      if (vm.uid() >= 0) {
        uids.put(Integer.toString(vm.uid()), id);
      }
      checkImages(key, vm);
    });
    compare(VmRepository.NAMES, names, "name");
    compare(VmRepository.MACS, macs, "MAC address");
    compare(VmRepository.UIDS, uids, "user id");
    scan.checkDrafts(VmRepository.changeForm());
    statuses.forEach(id -> requireVm(VmRepository.STATUSES + id, id));
    runs.forEach(id -> requireVm(VmRepository.RUNS + id, id));
    claims();
  }

  /** Every disk's volume is kept for its VM, and what is kept is for a VM or for a deletion. */
  private void claims() {
    Map<String, String> claims = scan.texts(VolumeClaims.KEYS);
    vms.forEach((id, vm) -> {
      if (vm == null) {
        return;
      }
      for (Disk disk : vm.spec().disks()) {
        String volume = VolumeClaims.volumeId(id, disk);
        if (!id.equals(claims.get(volume))) {
          scan.report(
              VmRepository.VMS + id,
              "volume " + volume + " of disk " + disk.name() + " is not kept for it",
              "start the daemon anew, which sees to it");
        }
        checkVolume(VmRepository.VMS + id, vm, disk, volume);
      }
    });
    claims.forEach((volume, holder) -> {
      if (!VolumeClaims.isDeletion(holder) && !vms.containsKey(holder)) {
        scan.report(
            VolumeClaims.KEYS + volume,
            "it is kept for VM " + holder + ", which is not there",
            REPAIR);
      }
    });
  }

  /** A VM's volumes are made, and removed, by tasks only. */
  private void checkVolume(String key, VmRecord vm, Disk disk, String volume) {
    if (held.contains(vm.ref())) {
      return;
    }
    String what = "the volume of disk %s of VM %s ".formatted(disk.name(), vm.metadata().name());
    Path file;
    try {
      file = volumes.apply(volume);
    } catch (ProblemException e) {
      scan.report(key, what + "has no name that a volume can have: " + volume, REPAIR);
      return;
    }
    String fault = fault(file);
    if (fault != null && scan.stillSo(key, vm.ref())) {
      scan.report(key, what + "is gone: " + file + " " + fault, remedy(vm, disk));
    }
  }

  private static @Nullable String fault(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .isRegularFile()
          ? null
          : "is no file";
    } catch (NoSuchFileException e) {
      return "is not there";
    } catch (IOException e) {
      return "cannot be looked at: " + e.getMessage();
    }
  }

  /** A QEMU that runs has the file open: it is the only copy then. */
  private String remedy(VmRecord vm, Disk disk) {
    String name = vm.metadata().name();
    return runs.contains(vm.metadata().id())
        ? "it runs, and still has what was in it: copy that out of the guest before you stop it"
        : "put the file back, or take the disk out: kelvin disk detach " + name + " " + disk.name();
  }

  private void checkImages(String key, VmRecord vm) {
    for (Disk disk : vm.spec().disks()) {
      checkImage(key, vm, "disk " + disk.name(), disk.image());
    }
    for (Cdrom cd : vm.spec().cdroms()) {
      checkImage(key, vm, "CD drive " + cd.name(), cd.image());
    }
  }

  private void checkImage(String key, VmRecord vm, String device, @Nullable String image) {
    if (image != null && !images.contains(image)) {
      scan.report(
          key,
          "%s of VM %s is of image %s, which is not there"
              .formatted(device, vm.metadata().name(), image),
          "make or import an image of that name");
    }
  }

  private void requireVm(String key, String id) {
    if (!vms.containsKey(id)) {
      scan.report(key, "there is no VM " + id, REPAIR);
    }
  }

  /** Every key is a VM's, and every VM has its keys. */
  private void compare(String prefix, Map<String, String> wanted, String what) {
    Map<String, String> stored = scan.texts(prefix);
    wanted.forEach((word, id) -> {
      if (!id.equals(stored.get(word))) {
        scan.report(
            VmRepository.VMS + id, "its " + what + " " + word + " is not kept for it", REPAIR);
      }
    });
    stored.forEach((word, id) -> {
      VmRecord vm = vms.get(id);
      if (!vms.containsKey(id)) {
        scan.report(prefix + word, "it is kept for VM " + id + ", which is not there", REPAIR);
      } else if (vm != null && !id.equals(wanted.get(word)) && !held.contains(vm.ref())) {
        scan.report(prefix + word, "VM " + id + " does not have this " + what, REPAIR);
      }
    });
  }
}
