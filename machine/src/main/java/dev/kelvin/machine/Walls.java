package dev.kelvin.machine;

import dev.kelvin.host.cell.Observation;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.VmIsolation.ConfinedProcess;
import dev.kelvin.model.VmIsolation.Wall;
import dev.kelvin.model.VmIsolation.WallState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at what confines the processes of VMs. The processes themselves are asked nothing. */
final class Walls {
  private static final String GUEST = "qemu";

  private Walls() {}

  /**
   * Looks at all processes of a VM.
   *
   * @throws ProblemException wrong-state when it has no process; host-failure when one that runs
   *     cannot be looked at
   */
  static VmIsolation of(Machines machines, String vm) {
    Supervisor supervisor = machines.byName(vm);
    Phase phase = supervisor.snapshot().status().phase();
    Optional<RunRecord> run = phase.hasProcess() ? machines.run(supervisor) : Optional.empty();
    return of(vm, phase, run.orElseThrow(() -> notRunning(vm, phase).asException()));
  }

  /**
   * As {@link #of(Machines, String)}.
   *
   * @param phase of the VM
   * @param run its machine
   */
  static VmIsolation of(String vm, Phase phase, RunRecord run) {
    var processes = new ArrayList<ConfinedProcess>();
    processes.add(
        look(vm, GUEST, ProcessId.decode(run.process()))
            .orElseThrow(() -> notRunning(vm, phase).asException()));
    for (StartedCompanion one : run.helpers()) {
      look(vm, one.name(), ProcessId.decode(one.process())).ifPresent(processes::add);
    }
    return new VmIsolation(vm, processes);
  }

  /** Why there is nothing to look at. */
  private static Problem notRunning(String vm, Phase phase) {
    return Problem.of(Code.WRONG_STATE, "The VM is " + phase.wire())
        .on(Vm.ref(vm))
        .because("it has no process, and walls are those of a process")
        .remedy(
            phase.hasProcess()
                ? "see what has become of it: kelvin show " + vm
                : "start it with \"kelvin start " + vm + "\"");
  }

  private static Optional<ConfinedProcess> look(String vm, String name, ProcessId process) {
    if (process.gone()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ConfinedProcess(name, process.pid(), walls(process)));
    } catch (IOException e) {
      if (process.gone()) {
        return Optional.empty();
      }
      throw Problem.of(Code.HOST_FAILURE, "Process " + process.pid() + " cannot be looked at")
          .on(Vm.ref(vm))
          .because(e.toString())
          .remedy("check the daemon's limit of open files, and that /proc shows its processes")
          .asException(e);
    }
  }

  /**
   * The walls of a process.
   *
   * @throws IOException when it has ended, or cannot be looked at
   */
  static List<Wall> walls(ProcessId process) throws IOException {
    return Observation.of(process).stream()
        .map(one ->
            new Wall(one.layer().wire(), state(one.state()), one.seen(), one.layer().purpose()))
        .toList();
  }

  private static WallState state(Observation.State state) {
    return switch (state) {
      case STANDS -> WallState.STANDS;
      case MISSING -> WallState.MISSING;
      case UNSEEN -> WallState.UNSEEN;
    };
  }
}
