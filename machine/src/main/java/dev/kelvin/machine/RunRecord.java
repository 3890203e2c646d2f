package dev.kelvin.machine;

import dev.kelvin.host.ProcessId;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.VmSpec;
import java.time.Instant;
import java.util.List;

/**
 * What has to be known of a VM's process to take it over after a restart of the daemon.
 *
 * @param process {@link ProcessId#encode()}
 * @param bootId the kernel's boot (proc_sys_kernel(5), random/boot_id) in which it was started
 * @param spec what it was started with, and has been changed to since
 * @param companions the processes that serve it
 */
public record RunRecord(
    String process,
    String bootId,
    String accelerator,
    Instant startedAt,
    VmSpec spec,
    List<Forward> forwards,
    List<Companions.Started> companions) {
  public RunRecord {
    forwards = forwards == null ? List.of() : List.copyOf(forwards);
    companions = companions == null ? List.of() : List.copyOf(companions);
  }

  RunRecord withSpec(VmSpec newSpec) {
    return new RunRecord(process, bootId, accelerator, startedAt, newSpec, forwards, companions);
  }

  RunRecord withForwards(List<Forward> newForwards) {
    return new RunRecord(process, bootId, accelerator, startedAt, spec, newForwards, companions);
  }
}
