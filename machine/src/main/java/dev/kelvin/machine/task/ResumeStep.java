package dev.kelvin.machine.task;

import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.task.VmTasks.Target;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a VM go on. One that was paused since the host could not write its disk does so again at
 * once where the host still cannot: that is told as what it is, a failure.
 */
final class ResumeStep implements Step<Target> {
  /** QEMU does again what has failed as soon as it runs; its answer takes some milliseconds. */
  private static final Duration PROOF = Duration.ofSeconds(1);

  private static final Duration LOOK = Duration.ofMillis(20);

  private final Supervisors vms;

  ResumeStep(Supervisors vms) {
    this.vms = vms;
  }

  @Override
  public String name() {
    return "resume";
  }

  @Override
  public void run(Target target, StepContext context) throws InterruptedException {
    resume(vms.get(target.vmId()));
  }

  /**
   * Lets it go on, and looks whether it does.
   *
   * @throws dev.kelvin.model.ProblemException wrong-state when it has paused again
   */
  static void resume(Supervisor supervisor) throws InterruptedException {
    boolean doubtful = supervisor.pausedByDisk();
    supervisor.ask(new VmRequest.Resume());
    long end = System.nanoTime() + PROOF.toNanos();
    while (doubtful && System.nanoTime() < end) {
      if (supervisor.pausedByDisk()) {
        throw again(supervisor.snapshot()).asException();
      }
      LockSupport.parkNanos(LOOK.toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException("while it was seen whether it goes on");
      }
    }
  }

  private static Problem again(Vm vm) {
    return Problem.of(Code.WRONG_STATE, "The VM has paused again at once")
        .on(Vm.ref(vm.metadata().name()))
        .because(String.valueOf(vm.status().message()))
        .remedy("remove the cause, then resume it");
  }
}
