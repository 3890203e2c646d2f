package dev.kelvin.qemu.cpu;

import dev.kelvin.model.HostFacts;
import dev.kelvin.model.cpu.CpuModels;

/** Where the CPU models of a host come from. */
@FunctionalInterface
public interface CpuTables {
  /**
   * The models that the QEMU of {@code facts} has.
   *
   * @param facts for the architecture of the guests
   * @param accelerator {@code kvm} or {@code tcg}
   * @throws dev.kelvin.model.ProblemException host-failure when QEMU does not tell
   */
  CpuModels of(HostFacts facts, String architecture, String accelerator);
}
