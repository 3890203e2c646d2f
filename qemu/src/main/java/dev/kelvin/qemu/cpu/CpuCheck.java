package dev.kelvin.qemu.cpu;

import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.cpu.CpuModel;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.VmSpec;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Refuses a CPU that this host cannot give, before QEMU does or leaves features out. */
public final class CpuCheck {
  private static final int SUGGESTIONS = 3;

  private CpuCheck() {}

  /**
   * Checks the named model and the features of a spec.
   *
   * @param facts for the spec's architecture
   * @param accelerator {@code kvm} or {@code tcg}
   * @throws ProblemException invalid-argument for what QEMU does not know, capability-missing for
   *     what this host has not
   */
  public static void check(VmSpec spec, HostFacts facts, String accelerator, CpuTables tables) {
    Cpu cpu = spec.cpu();
    boolean named = !Baselines.COMPUTED.contains(cpu.model());
    if (!named && cpu.features().isEmpty()) {
      return;
    }
    CpuModels table = tables.of(facts, spec.architecture().wire(), accelerator);
    if (named) {
      table.model(cpu.model()).ifPresent(model -> runs(model, table));
    }
    if (!spec.architecture().isX86() && named && !cpu.features().isEmpty()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The features of " + cpu.model() + " are fixed")
          .at("spec.cpu.features")
          .because("QEMU tells the features of max only for " + spec.architecture().wire())
          .remedy("leave the features out, or let the model be max")
          .asException();
    }
    for (int i = 0; i < cpu.features().size(); i++) {
      feature(cpu.features().get(i), "spec.cpu.features[" + i + "]", table);
    }
  }

  private static void runs(CpuModel model, CpuModels table) {
    if (model.runs()) {
      return;
    }
    List<String> near = nearest(model, table.models());
    throw Problem.of(Code.CAPABILITY_MISSING, "This host cannot run the CPU model " + model.name())
        .at("spec.cpu.model")
        .because(
            "under %s it lacks %s"
                .formatted(table.host().accelerator(), String.join(", ", model.missing())))
        .remedy(
            (near.isEmpty() ? "" : "use " + String.join(", ", near) + ", which run here; ")
                + "or let the model be auto; see \"kelvin cpu models\"")
        .asException();
  }

  /** The models that run here and have most of its features, of its vendor first. */
  static List<String> nearest(CpuModel wanted, List<CpuModel> models) {
    Set<String> features = new HashSet<>(wanted.features());
    boolean sameVendor = models.stream().anyMatch(model -> model.runs() && isOf(wanted, model));
    return models.stream()
        .filter(model -> model.runs() && !model.deprecated())
        .filter(model -> !sameVendor || isOf(wanted, model))
        .sorted(
            Comparator.comparingLong((CpuModel model) -> shared(model.features(), features))
                .reversed()
                .thenComparing(CpuModel::name))
        .limit(SUGGESTIONS)
        .map(CpuModel::name)
        .toList();
  }

  private static boolean isOf(CpuModel wanted, CpuModel model) {
    return wanted.vendor() != null && wanted.vendor().equals(model.vendor());
  }

  private static long shared(Collection<String> features, Set<String> wanted) {
    return features.stream().filter(wanted::contains).count();
  }

  private static void feature(String signed, String field, CpuModels table) {
    String feature = signed.substring(1);
    boolean available = table.available().contains(feature);
    if (!available && !table.unavailable().contains(feature)) {
      List<String> known =
          Stream.concat(table.available().stream(), table.unavailable().stream()).toList();
      throw Problem.of(Code.INVALID_ARGUMENT, "QEMU knows no CPU feature " + feature)
          .at(field)
          .because("QEMU " + table.host().qemuVersion() + " of this host does not list it")
          .remedy(
              Names.nearest(feature, known)
                  .map(name -> "did you mean " + signed.charAt(0) + name + "?")
                  .orElse("see \"kelvin cpu describe\" for the names"))
          .asException();
    }
    if (signed.startsWith("+") && !available) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host has no CPU feature " + feature)
          .at(field)
          .because("under " + table.host().accelerator() + " no guest can be given it here")
          .remedy("leave it out; \"kelvin cpu describe\" lists what there is")
          .asException();
    }
  }
}
