package dev.kelvin.machine.store;

import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.model.spec.WindowsSetup;
import java.util.HashSet;
import java.util.Set;

/**
 * A VM as it is stored: what is wanted of it.
 *
 * @param uid the user that its process runs as; -1 where the daemon cannot give one
 */
public record VmRecord(Metadata metadata, VmSpec spec, int uid) {
  /** How problems and events name this VM. */
  public String ref() {
    return Vm.ref(metadata.name());
  }

  public VmRecord withSpec(VmSpec newSpec) {
    return new VmRecord(metadata, newSpec, uid);
  }

  public VmRecord withMetadata(Metadata newMetadata) {
    return new VmRecord(newMetadata, spec, uid);
  }

  /** The names of the images that its disks and media are made from, each once. */
  public Set<String> images() {
    var images = new HashSet<String>();
    for (Disk disk : spec.disks()) {
      if (disk.image() != null) {
        images.add(disk.image());
      }
    }
    for (Cdrom drive : spec.cdroms()) {
      if (drive.image() != null) {
        images.add(drive.image());
      }
    }
    WindowsSetup windows = spec.windowsSetup();
    if (windows != null && windows.drivers() != null) {
      images.add(windows.drivers());
    }
    return images;
  }
}
