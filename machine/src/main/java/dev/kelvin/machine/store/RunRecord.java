package dev.kelvin.machine.store;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.LaunchedMachine;
import dev.kelvin.qemu.LaunchedMemory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A VM's machine as it was launched, with what has been plugged in and pulled out since, and what
 * it holds of the host. All that is done to a VM that runs goes by it, never by the spec of today:
 * hot-plug, and the daemon that takes it over.
 *
 * <p>What it holds of the host is named by it ({@link #holds}), and its end gives back just that.
 *
 * @param process {@link ProcessId#encode()}
 * @param bootId the kernel's boot (proc_sys_kernel(5), random/boot_id) in which it was started
 * @param accelerator {@code kvm} or {@code tcg}
 * @param spec what it was started with, and has been changed to since
 * @param forwards with the host's ports that it listens on
 * @param companions the processes that serve it, in records of earlier daemons; now they are among
 *     what is held
 * @param runtime the VM's run-time directory, by which a record that was copied with its home is
 *     told from the one that it was copied from; null in records of the first version
 * @param user the user id that it runs as, negative for the daemon's own; null in records of
 *     earlier daemons
 * @param memory null in records of earlier daemons
 * @param devices all that have an id; each is here before it is plugged in and until it is out.
 *     Empty in records of earlier daemons
 * @param held what it holds of the host but ports, in the order in which it got that; null in
 *     records of earlier daemons
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
    List<DevicePlace> devices,
    @Nullable List<HeldResource.Stored> held) {
  public RunRecord {
    forwards = forwards == null ? List.of() : List.copyOf(forwards);
    companions = companions == null ? List.of() : List.copyOf(companions);
    devices = devices == null ? List.of() : List.copyOf(devices);
    held = held == null ? null : List.copyOf(held);
  }

  public RunRecord withSpec(VmSpec newSpec) {
    return changed(newSpec, forwards, devices, held);
  }

  public RunRecord withForwards(List<Forward> newForwards) {
    return changed(spec, newForwards, devices, held);
  }

  /** With devices about to be plugged in. */
  public RunRecord withMore(List<DevicePlace> added) {
    return changed(spec, forwards, Stream.concat(devices.stream(), added.stream()).toList(), held);
  }

  /** Without devices that are out. */
  public RunRecord without(Set<String> ids) {
    return changed(
        spec,
        forwards,
        devices.stream().filter(device -> !ids.contains(device.id())).toList(),
        held);
  }

  /** With or without what lets its guest reach the host. */
  public RunRecord withExposure(HeldResource.Exposure exposure, boolean exposed) {
    if (held == null) {
      return this; // it is completed with what its spec says then
    }
    List<HeldResource.Stored> others =
        held.stream().filter(one -> !exposure.equals(one.exposure())).toList();
    return changed(
        spec,
        forwards,
        devices,
        exposed
            ? Stream.concat(others.stream(), Stream.of(HeldResource.Stored.of(exposure))).toList()
            : others);
  }

  private RunRecord changed(
      VmSpec newSpec,
      List<Forward> newForwards,
      List<DevicePlace> newDevices,
      @Nullable List<HeldResource.Stored> newHeld) {
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
        newDevices,
        newHeld);
  }

  /** Whether it is of an earlier daemon, which did not write down all of the machine. */
  public boolean isIncomplete() {
    return user == null || memory == null || devices.isEmpty() || held == null;
  }

  /**
   * With what an earlier daemon did not write down.
   *
   * @param uid of the VM
   * @param found the devices that its QEMU has
   * @param directory the VM's run-time directory
   */
  public RunRecord completed(int uid, List<DevicePlace> found, Path directory) {
    return new RunRecord(
        process,
        bootId,
        accelerator,
        startedAt,
        spec,
        forwards,
        held == null ? List.of() : companions,
        runtime,
        user == null ? Integer.valueOf(uid) : user,
        memory == null ? LaunchedMemory.of(spec) : memory,
        devices.isEmpty() ? found : devices,
        held == null ? HeldResource.stored(heldBefore(uid, directory)) : held);
  }

  /** What a daemon that did not write that down got for it. */
  private List<HeldResource> heldBefore(int uid, Path directory) {
    var all = new ArrayList<HeldResource>();
    all.add(new HeldResource.RuntimeDirectory(runtime == null ? directory.toString() : runtime));
    all.addAll(companions);
    if (userOr(uid) >= 0 && spec.reachesHost()) {
      all.add(new HeldResource.Exposure(userOr(uid)));
    }
    return all;
  }

  /**
   * What it holds of the host, in the order in which it got that.
   *
   * @param uid of the VM, for records of earlier daemons
   * @param directory the VM's run-time directory, for the same
   */
  public List<HeldResource> holds(int uid, Path directory) {
    Stream<HeldResource> first =
        held == null
            ? heldBefore(uid, directory).stream()
            : held.stream().map(HeldResource.Stored::resource);
    return Stream.concat(first, forwards.stream().map(HeldResource.HostPort::of)).toList();
  }

  /** The processes that serve it. */
  public List<StartedCompanion> helpers() {
    return held == null
        ? companions
        : held.stream()
            .map(HeldResource.Stored::resource)
            .filter(StartedCompanion.class::isInstance)
            .map(StartedCompanion.class::cast)
            .toList();
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
