package dev.kelvin.qemu.launch;

import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.Devices;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which device the firmware tries when. A spec that gives no device a boot index gets its disks in
 * their order, then its CD drives. With a kernel that is started directly no device has one.
 */
final class BootOrder {
  private final Map<String, Integer> indices = new HashMap<>();

  BootOrder(VmSpec spec) {
    if (spec.boot().kernel() != null) {
      return;
    }
    spec.disks().forEach(disk -> put(Devices.diskId(disk.name()), disk.bootIndex()));
    spec.cdroms().forEach(cdrom -> put(Devices.cdId(cdrom.name()), cdrom.bootIndex()));
    spec.nics().forEach(nic -> put(Devices.nicId(nic.name()), nic.bootIndex()));
    if (indices.isEmpty()) {
      Stream.concat(
              spec.disks().stream().map(disk -> Devices.diskId(disk.name())),
              spec.cdroms().stream().map(cdrom -> Devices.cdId(cdrom.name())))
          .forEach(id -> indices.put(id, indices.size()));
    }
  }

  private void put(String id, @Nullable Integer index) {
    if (index != null) {
      indices.put(id, index);
    }
  }

  @Nullable Integer of(Disk disk) {
    return indices.get(Devices.diskId(disk.name()));
  }

  @Nullable Integer of(Cdrom cdrom) {
    return indices.get(Devices.cdId(cdrom.name()));
  }

  @Nullable Integer of(Nic nic) {
    return indices.get(Devices.nicId(nic.name()));
  }
}
