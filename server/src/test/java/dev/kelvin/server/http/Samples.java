package dev.kelvin.server.http;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import java.util.List;
import java.util.Map;

/** Documents for tests. */
final class Samples {
  private Samples() {}

  static Vm vm(String name) {
    var disks =
        List.of(
            Disk.of("root", "debian-12", ByteSize.ofGiB(10)),
            Disk.of("data", null, ByteSize.ofMiB(512)));
    var metadata = Metadata.named(name).withLabels(Map.of("team", "blue")).withRevision(42);
    return new Vm(metadata, VmSpec.defaults().withDisks(disks), VmStatus.initial());
  }
}
