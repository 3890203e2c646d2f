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
import dev.kelvin.model.VmIsolation.Wall;
import dev.kelvin.model.VmIsolation.WallState;
import dev.kelvin.qemu.control.BlockStat;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
   * @param walls how many of those that there are around its process are in each state; empty when
   *     it has none
   */
  public record Measure(
      Vm vm,
      ProcessStats.@Nullable Sample process,
      List<BlockStat> disks,
      List<GuestInfo.Interface> network,
      Map<WallState, Integer> walls) {}

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
      return new Measure(vm, null, List.of(), List.of(), Map.of());
    }
    GuestWatch guest = supervisor.guest();
    GuestInfo info = guest == null ? null : guest.last();
    return new Measure(
        vm,
        ProcessStats.read(running.process()).orElse(null),
        disks(vm, running),
        info == null ? List.of() : info.interfaces(),
        walls(vm, running));
  }

  private static Map<WallState, Integer> walls(Vm vm, Instance running) {
    var counts = new EnumMap<WallState, Integer>(WallState.class);
    try {
      List<Wall> walls = Walls.walls(running.process());
      for (WallState state : WallState.values()) {
        counts.put(state, 0); // so that a series does not end when its last wall is missing
      }
      walls.forEach(wall -> counts.merge(wall.state(), 1, Integer::sum));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "the walls of " + vm.ref() + ": " + e.getMessage());
    }
    return counts;
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
