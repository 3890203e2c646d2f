package dev.kelvin.machine.supervise;

import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.engine.SpecDiff;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.VmStatus;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The part of a supervisor that makes a VM what is wanted of it. */
final class Converger {
  private static final String CHANGING = "changing its devices";

  private final VmState vm;
  private final Operations operations;

  Converger(VmState vm, Operations operations) {
    this.vm = vm;
    this.operations = operations;
  }

  /**
   * Makes it so: at once, or by an operation, since a guest gives a device up when it likes.
   *
   * @param back whether this undoes an update, which must not wait for what others have taken
   * @param answer completed by the operation
   * @return whether it is so already
   */
  boolean converge(VmRecord wanted, boolean back, CompletableFuture<Void> answer) {
    vm.record(wanted);
    Instance now = vm.running();
    if (now == null) {
      convergeUnheld(wanted);
      return true;
    }
    if (vm.phase() == Phase.UNRESPONSIVE) {
      try {
        // One that does not answer takes what changes none of its devices.
        if (changesDevices(now.run(), wanted)) {
          vm.requireProcess(CHANGING);
        }
      } finally {
        show(now, wanted);
      }
      return true;
    }
    int mine = vm.generation;
    operations.begin(
        Operations.Kind.DEVICES,
        "devices-" + vm.name(),
        answer,
        inside ->
            vm.context()
                .engine()
                .change(now, wanted, back, changed -> inside.run(() -> saveRun(changed, mine))),
        why -> ended(wanted, now, answer, why));
    return false;
  }

  private void ended(
      VmRecord wanted, Instance before, CompletableFuture<Void> answer, @Nullable Throwable why) {
    boolean changed = why == null || isOver(before, wanted);
    if (vm.phase().hasProcess()) {
      show(before, wanted);
    } else {
      convergeUnheld(wanted);
    }
    if (changed) {
      answer.complete(null);
    } else {
      answer.completeExceptionally(why);
    }
  }

  /** Whether somebody stopped the VM in the middle: its next start is with what is wanted. */
  private boolean isOver(Instance before, VmRecord wanted) {
    Instance now = vm.running();
    if (now != null) {
      return !now.process().equals(before.process()) && !changesDevices(now.run(), wanted);
    }
    VmStatus.Exit exit = vm.status().lastExit();
    return !vm.phase().hasProcess()
        && exit != null
        && switch (exit.reason()) {
          case STOPPED, SHUTDOWN, GUEST_POWEROFF -> true;
          case CRASH, GUEST_PANIC, WATCHDOG, HOST_RESTART, START_FAILED -> false;
        };
  }

  private void show(Instance before, VmRecord wanted) {
    Instance now = vm.running();
    RunRecord run =
        now == null ? vm.context().repository().run(vm.id()).orElse(before.run()) : now.run();
    vm.show(
        vm.status()
            .withForwards(run.forwards())
            .withRestartRequired(SpecDiff.between(run.spec(), wanted.spec()).restart()));
  }

  /** Also undoing is refused while nobody can see which devices a process has. */
  private void convergeUnheld(VmRecord wanted) {
    List<String> later = List.of();
    if (vm.phase() == Phase.UNRESPONSIVE) {
      Optional<RunRecord> run = vm.context().repository().run(vm.id());
      if (run.isPresent()) {
        if (changesDevices(run.get(), wanted)) {
          vm.requireProcess(CHANGING);
        }
        later = SpecDiff.between(run.get().spec(), wanted.spec()).restart();
      }
    }
    vm.show(vm.status().withRestartRequired(later));
  }

  private static boolean changesDevices(RunRecord run, VmRecord wanted) {
    return !SpecDiff.between(run.spec(), wanted.spec()).live().isEmpty();
  }

  /** First on the disk: what memory alone knows is lost when the daemon dies. */
  private void saveRun(Instance changed, int mine) {
    if (vm.generation != mine) {
      throw Problem.of(Code.UNAVAILABLE, "The process of the VM is not there any more")
          .on(vm.ref())
          .because("it ended, or its control channel was lost, while its devices were changed")
          .remedy("look at the VM (\"kelvin show " + vm.name() + "\"), then try again")
          .asException();
    }
    vm.context().repository().saveRun(vm.id(), changed.run());
    vm.hold(changed);
  }
}
