package dev.kelvin.machine.store;

import dev.kelvin.host.ProcessId;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.VmSpec;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has to be known of a VM's process to take it over after a restart of the daemon.
 *
 * @param process {@link ProcessId#encode()}
 * @param bootId the kernel's boot (proc_sys_kernel(5), random/boot_id) in which it was started
 * @param spec what it was started with, and has been changed to since
 * @param companions the processes that serve it
 * @param runtime the VM's run-time directory, by which a record that was copied with its home is
 *     told from the one that it was copied from; null in records of the first version
 */
public record RunRecord(
    String process,
    String bootId,
    String accelerator,
    Instant startedAt,
    VmSpec spec,
    List<Forward> forwards,
    List<StartedCompanion> companions,
    @Nullable String runtime) {
  public RunRecord {
    forwards = forwards == null ? List.of() : List.copyOf(forwards);
    companions = companions == null ? List.of() : List.copyOf(companions);
  }

  public RunRecord withSpec(VmSpec newSpec) {
    return new RunRecord(
        process, bootId, accelerator, startedAt, newSpec, forwards, companions, runtime);
  }

  public RunRecord withForwards(List<Forward> newForwards) {
    return new RunRecord(
        process, bootId, accelerator, startedAt, spec, newForwards, companions, runtime);
  }
}
