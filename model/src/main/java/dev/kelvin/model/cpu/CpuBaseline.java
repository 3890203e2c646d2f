package dev.kelvin.model.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The largest CPU that runs on each of several hosts.
 *
 * @param architecture of the guests
 * @param accelerator of all the hosts
 * @param vendor of all the hosts; null when they differ
 * @param model for {@code spec.cpu.model}
 * @param add for {@code spec.cpu.features}: what all hosts have beyond the model, such as {@code
 *     +aes}
 * @param level of the x86-64 psABI that it reaches; null below the first
 * @param features all that the guest has, sorted
 */
public record CpuBaseline(
    String architecture,
    String accelerator,
    @Nullable String vendor,
    String model,
    List<String> add,
    @Nullable String level,
    List<String> features) {
  public CpuBaseline {
    add = add == null ? List.of() : List.copyOf(add);
    features = features == null ? List.of() : List.copyOf(features);
  }
}
