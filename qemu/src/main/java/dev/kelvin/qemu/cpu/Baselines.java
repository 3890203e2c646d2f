package dev.kelvin.qemu.cpu;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.cpu.CpuBaseline;
import dev.kelvin.model.cpu.CpuModel;
import dev.kelvin.model.cpu.HostCpu;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Computes the largest CPU that runs on each of several hosts. QEMU has a command for it
 * (query-cpu-model-baseline) on s390x only.
 *
 * <p>It is the largest named model that every host says it runs and whose features all hosts have,
 * plus the rest of what all hosts have. Models of the hosts' vendor come first. Hosts of different
 * vendors, and of one without models, get a model that imitates no CPU in particular.
 */
public final class Baselines {
  /** Models that differ from host to host, or have nothing to begin with. */
  static final Set<String> COMPUTED = Set.of("auto", "host", "max", "base");

  /** Models that imitate no CPU of a vendor. */
  private static final Pattern GENERIC =
      Pattern.compile("(x86-64|qemu64|kvm64|qemu32|kvm32|486)(-v\\d+)?");

  private Baselines() {}

  /**
   * The baseline of hosts.
   *
   * @param models that the QEMU here has, with the features of each
   * @throws ProblemException invalid-argument when the hosts have no guests in common
   */
  public static CpuBaseline of(List<HostCpu> hosts, List<CpuModel> models) {
    HostCpu first = check(hosts);
    Set<String> common = common(hosts, HostCpu::features);
    Set<String> runnable = common(hosts, HostCpu::models);
    String vendor = same(hosts, HostCpu::vendor);
    List<CpuModel> fitting =
        models.stream()
            .filter(model -> !COMPUTED.contains(model.name()) && !model.deprecated())
            .filter(model -> runnable.contains(model.name()))
            .filter(model -> !model.features().isEmpty() && common.containsAll(model.features()))
            .toList();
    CpuModel model =
        largest(fitting, one -> vendor != null && vendor.equals(one.vendor()))
            .or(() -> largest(fitting, one -> GENERIC.matcher(one.name()).matches()))
            .orElseThrow(() -> nothingInCommon(runnable));
    var rest = new TreeSet<>(common);
    rest.removeAll(model.features());
    return new CpuBaseline(
        first.architecture(),
        first.accelerator(),
        vendor,
        model.name(),
        rest.stream().map(feature -> "+" + feature).toList(),
        Levels.of(common),
        List.copyOf(common));
  }

  private static Optional<CpuModel> largest(List<CpuModel> models, Predicate<CpuModel> which) {
    return models.stream()
        .filter(which)
        .max(
            Comparator.comparingInt((CpuModel model) -> model.features().size())
                .thenComparing(CpuModel::name));
  }

  private static Set<String> common(
      List<HostCpu> hosts, Function<HostCpu, Collection<String>> what) {
    var common = new TreeSet<>(what.apply(hosts.getFirst()));
    hosts.forEach(host -> common.retainAll(new HashSet<>(what.apply(host))));
    return common;
  }

  private static @Nullable String same(
      List<HostCpu> hosts, Function<HostCpu, @Nullable String> what) {
    String first = what.apply(hosts.getFirst());
    return first != null && hosts.stream().allMatch(host -> first.equals(what.apply(host)))
        ? first
        : null;
  }

  private static HostCpu check(List<HostCpu> hosts) {
    if (hosts.isEmpty()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "No host is given")
          .at("hosts")
          .because("a baseline is what hosts have in common")
          .remedy("give what \"kelvin cpu describe\" writes on each host")
          .asException();
    }
    for (int i = 0; i < hosts.size(); i++) {
      HostCpu host = hosts.get(i);
      boolean whole = !host.features().isEmpty() && !host.models().isEmpty();
      if (!host.kind().equals(HostCpu.KIND) || !whole) {
        throw Problem.of(Code.INVALID_ARGUMENT, "A document does not describe the CPU of a host")
            .at("hosts[" + i + "]")
            .because(
                host.kind().equals(HostCpu.KIND)
                    ? "it names no " + (host.features().isEmpty() ? "features" : "models")
                    : "it is of kind " + host.kind())
            .remedy("give what \"kelvin cpu describe\" writes on that host")
            .asException();
      }
    }
    onlyOne(hosts, HostCpu::architecture, "architecture", "make a baseline for each architecture");
    onlyOne(
        hosts,
        HostCpu::accelerator,
        "accelerator",
        "a guest does not move between kvm and tcg: describe all hosts with the same --accelerator");
    return hosts.getFirst();
  }

  private static void onlyOne(
      List<HostCpu> hosts, Function<HostCpu, String> what, String name, String remedy) {
    Set<String> different = hosts.stream().map(what).collect(Collectors.toCollection(TreeSet::new));
    if (different.size() > 1) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The hosts have nothing in common")
          .at("hosts")
          .because("their " + name + "s are " + String.join(" and ", different))
          .remedy(remedy)
          .asException();
    }
  }

  private static ProblemException nothingInCommon(Set<String> runnable) {
    return Problem.of(Code.INVALID_ARGUMENT, "No CPU model runs on all these hosts")
        .at("hosts")
        .because(
            runnable.isEmpty()
                ? "no model is named in all of the documents"
                : "the QEMU here does not have the features of what runs on all of them")
        .remedy("compute it on the host with the newest QEMU, or make two groups of the hosts")
        .asException();
  }
}
