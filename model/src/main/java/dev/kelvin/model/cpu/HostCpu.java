package dev.kelvin.model.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The CPU that a host can give to guests: a document to carry to another host, where a baseline is
 * computed of several.
 *
 * @param kind {@value #KIND}
 * @param architecture of the guests, such as {@code x86_64}
 * @param accelerator {@code kvm} or {@code tcg}
 * @param qemuVersion such as {@code 7.2.22}
 * @param vendor as CPUID tells it; null where QEMU does not tell
 * @param name of the CPU, for people; null where QEMU does not tell
 * @param level of the x86-64 psABI that all its features reach, such as {@code x86-64-v3}; null
 *     below the first and elsewhere
 * @param features those with which a guest can move to another host, sorted
 * @param models the named models that run on it and have no other name, sorted
 */
public record HostCpu(
    String kind,
    String architecture,
    String accelerator,
    String qemuVersion,
    @Nullable String vendor,
    @Nullable String name,
    @Nullable String level,
    List<String> features,
    List<String> models) {
  public static final String KIND = "HostCpu";

  public HostCpu {
    kind = kind == null ? KIND : kind;
    architecture = architecture == null ? "" : architecture;
    accelerator = accelerator == null ? "" : accelerator;
    qemuVersion = qemuVersion == null ? "" : qemuVersion;
    features = features == null ? List.of() : features.stream().distinct().sorted().toList();
    models = models == null ? List.of() : models.stream().distinct().sorted().toList();
  }
}
