package dev.kelvin.model.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A CPU model that QEMU has by name (QMP query-cpu-definitions).
 *
 * @param name such as {@code Skylake-Server-v1}
 * @param aliases other names of it, such as {@code Skylake-Server}
 * @param vendor as CPUID tells it, such as {@code GenuineIntel}; null where QEMU does not tell
 * @param deprecated whether QEMU says that it goes away
 * @param missing features that it has and this host has not; empty when it runs here
 * @param features all that it has; empty where QEMU does not tell
 */
public record CpuModel(
    String name,
    List<String> aliases,
    @Nullable String vendor,
    boolean deprecated,
    List<String> missing,
    List<String> features) {
  public CpuModel {
    aliases = aliases == null ? List.of() : List.copyOf(aliases);
    missing = missing == null ? List.of() : List.copyOf(missing);
    features = features == null ? List.of() : List.copyOf(features);
  }

  /** Whether guests with it run on this host. */
  public boolean runs() {
    return missing.isEmpty();
  }

  /** Whether it goes by this name. */
  public boolean isNamed(String wanted) {
    return name.equals(wanted) || aliases.contains(wanted);
  }
}
