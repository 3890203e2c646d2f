package dev.kelvin.model;

import dev.kelvin.model.HostFacts.UefiFirmware;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The QEMU for one architecture, as it was observed.
 *
 * @param binary absolute path
 * @param version such as {@code 7.2.22}
 * @param machineAliases what each unversioned machine type means in it
 * @param machines every machine type that it has
 * @param devices every device type that it has
 * @param cpuModels named CPU models that it has
 * @param uefi the firmware for its UEFI guests; null when none is installed
 * @param files by what it finds what belongs to it
 */
public record Emulator(
    String binary,
    String version,
    Map<String, String> machineAliases,
    Set<String> machines,
    Set<String> devices,
    Set<String> cpuModels,
    @Nullable UefiFirmware uefi,
    QemuFiles files) {
  public Emulator {
    machineAliases = Map.copyOf(machineAliases);
    machines = Set.copyOf(machines);
    devices = Set.copyOf(devices);
    cpuModels = Set.copyOf(cpuModels);
    files = files == null ? QemuFiles.usual() : files;
  }
}
