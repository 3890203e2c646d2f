package dev.kelvin.machine;

import dev.kelvin.model.Phase;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The part of a supervisor that makes a VM what is wanted of it. */
final class Converger {
  private final VmCell vm;

  Converger(VmCell vm) {
    this.vm = vm;
  }

  /**
   * Makes it so.
   *
   * @param back whether this undoes an update, which must not wait for what others have taken
   */
  void converge(VmRecord wanted, boolean back) throws InterruptedException {
    vm.record(wanted);
    Running now = vm.running();
    if (now == null) {
      convergeUnheld(wanted);
      return;
    }
    try {
      // One that does not answer takes what changes none of its devices.
      if (vm.phase() != Phase.UNRESPONSIVE || changesDevices(now.run(), wanted)) {
        new LiveChanges(vm.context().launcher(), wanted, back)
            .apply(vm.requireProcess("changing its devices"), this::saveRun);
      }
    } finally {
      RunRecord run = Objects.requireNonNullElse(vm.running(), now).run();
      vm.show(
          vm.status()
              .withForwards(run.forwards())
              .withRestartRequired(SpecDiff.between(run.spec(), wanted.spec()).restart()));
    }
  }

  /** Also undoing is refused while nobody can see which devices a process has. */
  private void convergeUnheld(VmRecord wanted) {
    List<String> later = List.of();
    if (vm.phase() == Phase.UNRESPONSIVE) {
      Optional<RunRecord> run = vm.context().repository().run(vm.id());
      if (run.isPresent()) {
        if (changesDevices(run.get(), wanted)) {
          vm.requireProcess("changing its devices");
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
  private void saveRun(Running changed) {
    vm.context().repository().saveRun(vm.id(), changed.run());
    vm.hold(changed);
  }
}
