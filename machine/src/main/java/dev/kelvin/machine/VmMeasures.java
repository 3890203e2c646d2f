package dev.kelvin.machine;

import dev.kelvin.host.process.ProcessStats;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.qemu.QemuInstance;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.qemu.control.BlockStat;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Measures what VMs use. */
public final class VmMeasures {
  private static final Logger LOG = System.getLogger(VmMeasures.class.getName());

  /**
   * One VM at one moment.
   *
   * @param process null when it has none
   * @param disks empty when QEMU does not tell
   * @param network counters of the guest's cards as its agent told them last
   */
  public record Measure(
      Vm vm,
      ProcessStats.@Nullable Sample process,
      List<BlockStat> disks,
      List<GuestInfo.Interface> network) {}

  private final Machines machines;

  VmMeasures(Machines machines) {
    this.machines = machines;
  }

  /** All VMs, asked at once so that one that is slow to answer delays the others little. */
  public List<Measure> all() throws InterruptedException {
    var measures = new ArrayList<Measure>();
    try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked = new ArrayList<Future<Optional<Measure>>>();
      for (Vm vm : machines.list()) {
        asked.add(workers.submit(() -> machines.vms().find(vm.metadata().id()).map(this::measure)));
      }
      for (var one : asked) {
        one.get().ifPresent(measures::add);
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("measuring VMs", e.getCause());
    }
    return measures;
  }

  private Measure measure(Supervisor supervisor) {
    Vm vm = supervisor.snapshot();
    Instance running = supervisor.running();
    if (running == null) {
      return new Measure(vm, null, List.of(), List.of());
    }
    GuestWatch guest = supervisor.guest();
    GuestInfo info = guest == null ? null : guest.last();
    return new Measure(
        vm,
        ProcessStats.read(running.process()).orElse(null),
        disks(vm, running),
        info == null ? List.of() : info.interfaces());
  }

  private static List<BlockStat> disks(Vm vm, Instance running) {
    if (vm.status().phase() == Phase.UNRESPONSIVE || !(running instanceof QemuInstance held)) {
      return List.of();
    }
    try {
      return held.qemu().blockStats();
    } catch (ProblemException e) {
      LOG.log(Level.DEBUG, () -> vm.ref() + ": " + e.problem().oneLine());
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }
}
