package dev.kelvin.server.local.node;

import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Problem;
import dev.kelvin.model.WireName;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.qemu.cpu.Baselines;
import dev.kelvin.qemu.cpu.CpuTables;
import dev.kelvin.server.action.Action.Guests;
import dev.kelvin.server.action.Outcome;
import java.util.List;
import java.util.function.Supplier;

/** Which CPUs guests can have. */
public final class CpuActions {
  private final Supplier<HostFacts> facts;
  private final CpuTables tables;

  public CpuActions(Supplier<HostFacts> facts, CpuTables tables) {
    this.facts = facts;
    this.tables = tables;
  }

  public Outcome models(Guests guests) {
    return new Outcome.Document(table(guests), null);
  }

  public Outcome describe(Guests guests) {
    return new Outcome.Document(table(guests).host(), null);
  }

  private CpuModels table(Guests guests) {
    HostFacts host = facts.get().of(guests.architecture());
    String wanted = guests.accelerator();
    String accelerator = wanted == null ? host.defaultAccelerator() : wanted;
    if (accelerator.equals("kvm") && !host.accelerators().contains("kvm")) {
      throw noKvm(guests.architecture()).asException();
    }
    return tables.of(host, guests.architecture().wire(), accelerator);
  }

  private static Problem noKvm(Architecture architecture) {
    return Problem.of(Code.CAPABILITY_MISSING, "This host cannot run guests on KVM")
        .at("accelerator")
        .because(
            architecture.isX86()
                ? "the host's KVM is not proven to work"
                : "its CPU does not run " + architecture.wire() + ", which is emulated")
        .remedy("ask for tcg, or run kelvin doctor to see why");
  }

  public Outcome baseline(List<HostCpu> hosts) {
    if (hosts.isEmpty()) {
      return new Outcome.Document(Baselines.of(hosts, List.of()), null);
    }
    HostCpu first = hosts.getFirst();
    Architecture architecture =
        WireName.find(Architecture.class, first.architecture())
            .filter(Architecture::isX86)
            .orElseThrow(() ->
                Problem.of(Code.INVALID_ARGUMENT, "A baseline is for x86 only")
                    .at("hosts[0].architecture")
                    .because(
                        "it is \""
                            + first.architecture()
                            + "\", and QEMU tells the features of each model for x86 only")
                    .remedy("give x86_64 or i386 hosts; others take a named model, or max")
                    .asException());
    // What a model has differs a little between KVM and emulation: SVM, for one, which KVM leaves
    // out of AMD's models.
    if (first.accelerator().equals("kvm")
        && !facts.get().of(architecture).accelerators().contains("kvm")) {
      throw noKvm(architecture)
          .at("hosts[0].accelerator")
          .remedy("compute it on one of the hosts that are described")
          .asException();
    }
    String accelerator = first.accelerator().equals("kvm") ? "kvm" : "tcg";
    CpuModels here = table(new Guests(architecture, accelerator));
    return new Outcome.Document(Baselines.of(hosts, here.models()), null);
  }
}
