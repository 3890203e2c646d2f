package dev.kelvin.model.cpu;

import java.util.List;
import java.util.Optional;

/**
 * The CPUs that guests of one architecture can have on this host.
 *
 * @param host what the models {@code auto}, {@code host} and {@code max} come to
 * @param available every feature that a guest can be given, sorted; also those that bind it to this
 *     host
 * @param unavailable every other feature that QEMU knows, sorted
 * @param models that have names, in QEMU's order
 */
public record CpuModels(
    HostCpu host, List<String> available, List<String> unavailable, List<CpuModel> models) {
  public CpuModels {
    available = available == null ? List.of() : List.copyOf(available);
    unavailable = unavailable == null ? List.of() : List.copyOf(unavailable);
    models = models == null ? List.of() : List.copyOf(models);
  }

  /** The model of this name. */
  public Optional<CpuModel> model(String name) {
    return models.stream().filter(model -> model.isNamed(name)).findFirst();
  }
}
