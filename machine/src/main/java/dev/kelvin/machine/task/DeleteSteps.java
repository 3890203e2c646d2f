package dev.kelvin.machine.task;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.task.VmTasks.Delete;
import dev.kelvin.machine.unknown.DamagedVms;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** How a VM is deleted, one that is damaged, too. */
final class DeleteSteps {
  /** Under which the deletion of a damaged VM remembers what became of its process. */
  private static final String FOUND = "found";

  private final Supervisors vms;
  private final Volumes volumes;
  private final DamagedVms damaged;

  DeleteSteps(Supervisors vms, Volumes volumes, DamagedVms damaged) {
    this.vms = vms;
    this.volumes = volumes;
    this.damaged = damaged;
  }

  List<Step<Delete>> all() {
    return List.of(new Mark(), new DeleteDisks(), new Remove());
  }

  private final class Mark implements Step<Delete> {
    @Override
    public String name() {
      return "mark";
    }

    @Override
    public void run(Delete task, StepContext context) throws InterruptedException {
      if (!damaged.contains(task.vmId())) {
        vms.get(task.vmId()).ask(new VmRequest.Delete(task.force()));
      } else if (task.force()) {
        endDamaged(task.vmId(), context);
      } else {
        throw damaged.problem(task.vmId()).asException();
      }
    }

    private void endDamaged(String id, StepContext context) {
      Set<ProcessId> processes = damaged.processes(id);
      if (context.recall(FOUND).isEmpty()) {
        String pids = processes.stream().map(one -> " " + one.pid()).collect(Collectors.joining());
        context.remember(
            FOUND,
            pids.isEmpty() ? "no process of it was found" : "its processes were ended:" + pids);
      }
      damaged.end(id, processes);
      vms.releaseDamaged(id);
    }

    @Override
    public void undo(Delete task, StepContext context) throws InterruptedException {
      // One that is damaged is as it was, but for its process: none can be started without its
      // spec.
      Optional<Supervisor> kept = vms.find(task.vmId());
      if (kept.isPresent()) {
        kept.get().ask(new VmRequest.KeepAfterAll("deleting it failed; delete it again"));
      }
    }
  }

  private final class DeleteDisks implements Step<Delete> {
    @Override
    public String name() {
      return "disks";
    }

    @Override
    public void run(Delete task, StepContext context) {
      if (!task.keepDisks()) {
        volumes.deleteAll(task.vmId());
      }
    }
  }

  private final class Remove implements Step<Delete> {
    @Override
    public String name() {
      return "remove";
    }

    @Override
    public void run(Delete task, StepContext context) throws InterruptedException {
      context
          .recall(FOUND)
          .ifPresent(found -> {
            String disks = task.keepDisks() ? "its volumes are kept" : "its volumes are deleted";
            context.result(
                "the VM was damaged: %s; %s; its files and records are removed"
                    .formatted(found, disks));
          });
      vms.remove(task.vmId());
    }
  }
}
