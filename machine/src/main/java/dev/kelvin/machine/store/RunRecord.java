package dev.kelvin.machine.store;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.LaunchedMachine;
import dev.kelvin.qemu.LaunchedMemory;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A VM's machine as it was launched, with what has been plugged in and pulled out since, and what
 * it holds of the host. All that is done to a VM that runs goes by it, never by the spec of today:
 * hot-plug, and the daemon that takes it over.
 *
 * <p>What it holds, and how that is let go of: the host's ports of its forwards end with the
 * process; companions are ended after it, and their leftovers removed; so is the run-time
 * directory; the guest's way to the host is that of its user, who has no process then.
 *
 * @param process {@link ProcessId#encode()}
 * @param bootId the kernel's boot (proc_sys_kernel(5), random/boot_id) in which it was started
 * @param accelerator {@code kvm} or {@code tcg}
 * @param spec what it was started with, and has been changed to since
 * @param forwards with the host's ports that it listens on
 * @param companions the processes that serve it
 * @param runtime the VM's run-time directory, by which a record that was copied with its home is
 *     told from the one that it was copied from; null in records of the first version
 * @param user the user id that it runs as, negative for the daemon's own; null in records of
 *     earlier daemons
 * @param memory null in records of earlier daemons
 * @param devices all that have an id; each is here before it is plugged in and until it is out.
 *     Empty in records of earlier daemons
 */
public record RunRecord(
    String process,
    String bootId,
    String accelerator,
    Instant startedAt,
    VmSpec spec,
    List<Forward> forwards,
    List<StartedCompanion> companions,
    @Nullable String runtime,
    @Nullable Integer user,
    @Nullable LaunchedMemory memory,
    List<DevicePlace> devices) {
  public RunRecord {
    forwards = forwards == null ? List.of() : List.copyOf(forwards);
    companions = companions == null ? List.of() : List.copyOf(companions);
    devices = devices == null ? List.of() : List.copyOf(devices);
  }

  public RunRecord withSpec(VmSpec newSpec) {
    return changed(newSpec, forwards, devices);
  }

  public RunRecord withForwards(List<Forward> newForwards) {
    return changed(spec, newForwards, devices);
  }

  /** With devices about to be plugged in. */
  public RunRecord withMore(List<DevicePlace> added) {
    return changed(spec, forwards, Stream.concat(devices.stream(), added.stream()).toList());
  }

  /** Without devices that are out. */
  public RunRecord without(Set<String> ids) {
    return changed(
        spec, forwards, devices.stream().filter(device -> !ids.contains(device.id())).toList());
  }

  private RunRecord changed(
      VmSpec newSpec, List<Forward> newForwards, List<DevicePlace> newDevices) {
    return new RunRecord(
        process,
        bootId,
        accelerator,
        startedAt,
        newSpec,
        newForwards,
        companions,
        runtime,
        user,
        memory,
        newDevices);
  }

  /** Whether it is of an earlier daemon, which did not write down all of the machine. */
  public boolean isIncomplete() {
    return user == null || memory == null || devices.isEmpty();
  }

  /**
   * With what an earlier daemon did not write down.
   *
   * @param uid of the VM
   * @param found the devices that its QEMU has
   */
  public RunRecord completed(int uid, List<DevicePlace> found) {
    return new RunRecord(
        process,
        bootId,
        accelerator,
        startedAt,
        spec,
        forwards,
        companions,
        runtime,
        user == null ? Integer.valueOf(uid) : user,
        memory == null ? LaunchedMemory.of(spec) : memory,
        devices.isEmpty() ? found : devices);
  }

  /**
   * The user id that it runs as; that of the VM where an earlier daemon has not written it down.
   */
  public int userOr(int uid) {
    return user == null ? uid : user;
  }

  /** What decides where one more device goes. */
  public LaunchedMachine machine(String vm) {
    return new LaunchedMachine(
        vm,
        spec.board()
            .orElseThrow(() ->
                new IllegalArgumentException("not a machine type of Kelvin: " + spec.machine())),
        accelerator,
        devices);
  }
}
