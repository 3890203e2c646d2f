package dev.kelvin.machine.store;

import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.VmSpec;

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
}
