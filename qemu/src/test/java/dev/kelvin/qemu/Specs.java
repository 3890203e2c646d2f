package dev.kelvin.qemu;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.Nic;
import java.nio.charset.StandardCharsets;

/** Pieces of specs, written as users write them. */
public final class Specs {
  private Specs() {}

  public static <T> T read(String yaml, Class<T> type) {
    return Documents.read(yaml.getBytes(StandardCharsets.UTF_8), Documents.Syntax.YAML, type);
  }

  public static Disk disk(String name, DiskBus bus) {
    return read("{name: " + name + ", size: 64MiB, bus: " + bus.wire() + "}", Disk.class);
  }

  public static Nic nic(String name) {
    return read("{name: " + name + ", model: virtio}", Nic.class);
  }

  public static Cdrom cdrom(String yaml) {
    return read(yaml, Cdrom.class);
  }
}
