package dev.kelvin.model;

import dev.kelvin.model.spec.VmSpec;

/** A virtual machine: what is wanted of it and what was last observed. */
public record Vm(String kind, Metadata metadata, VmSpec spec, VmStatus status) {
  public static final String KIND = "VM";

  public Vm {
    kind = kind == null ? KIND : kind;
    spec = spec == null ? VmSpec.defaults() : spec;
    status = status == null ? VmStatus.initial() : status;
  }

  public Vm(Metadata metadata, VmSpec spec, VmStatus status) {
    this(KIND, metadata, spec, status);
  }

  public Vm withSpec(VmSpec newSpec) {
    return new Vm(kind, metadata, newSpec, status);
  }

  public Vm withStatus(VmStatus newStatus) {
    return new Vm(kind, metadata, spec, newStatus);
  }

  public Vm withMetadata(Metadata newMetadata) {
    return new Vm(kind, newMetadata, spec, status);
  }

  /** How problems and events name this VM. */
  public String ref() {
    return ref(metadata.name());
  }

  /** How problems and events name the VM of this name. */
  public static String ref(String name) {
    return "vm/" + name;
  }
}
