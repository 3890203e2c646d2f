package dev.kelvin.machine.task;

import dev.kelvin.machine.store.VmChange;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Power;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** How a VM is created: stored under its name, given its disks, and started if that is wanted. */
final class CreateSteps {
  private final Supervisors vms;
  private final Volumes volumes;
  private final Function<String, Compare> imageUnchanged;

  /**
   * @param imageUnchanged the condition under which an image is still as it is now
   */
  CreateSteps(Supervisors vms, Volumes volumes, Function<String, Compare> imageUnchanged) {
    this.vms = vms;
    this.volumes = volumes;
    this.imageUnchanged = imageUnchanged;
  }

  List<Step<VmChange>> all() {
    return List.of(new Reserve(), new MakeDisks(), new Finish(), new FirstStart());
  }

  private final class Reserve implements Step<VmChange> {
    @Override
    public String name() {
      return "reserve";
    }

    @Override
    public void run(VmChange task, StepContext context) {
      vms.admit(task.wanted(), task.wanted().images().stream().map(imageUnchanged).toList());
      context.result(task.wanted().ref());
    }

    @Override
    public void undo(VmChange task, StepContext context) throws InterruptedException {
      vms.remove(task.id());
    }
  }

  private final class MakeDisks implements Step<VmChange> {
    @Override
    public String name() {
      return "disks";
    }

    @Override
    public void run(VmChange task, StepContext context) {
      VmRecord vm = vms.get(task.id()).record();
      for (Disk disk : vm.spec().disks()) {
        volumes.provide(vm, disk);
      }
    }

    @Override
    public void undo(VmChange task, StepContext context) {
      volumes.deleteOwn(task.id());
    }
  }

  private final class Finish implements Step<VmChange> {
    @Override
    public String name() {
      return "finish";
    }

    @Override
    public void run(VmChange task, StepContext context) throws InterruptedException {
      vms.get(task.id()).ask(new VmRequest.Created());
    }
  }

  private final class FirstStart implements Step<VmChange> {
    @Override
    public String name() {
      return "start";
    }

    @Override
    public void run(VmChange task, StepContext context) throws InterruptedException {
      if (task.wanted().spec().power() == Power.RUNNING) {
        vms.get(task.id()).ask(new VmRequest.Start());
      }
    }

    @Override
    public void undo(VmChange task, StepContext context) throws InterruptedException {
      Optional<Supervisor> started = vms.find(task.id());
      if (started.isPresent()) {
        started.get().ask(new VmRequest.Stop());
      }
    }
  }
}
