package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Lifecycle;
import dev.kelvin.model.Lifecycle.Transition;
import dev.kelvin.model.Lifecycle.Trigger;
import dev.kelvin.model.Phase;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Power;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The program goes through each row of the life cycle's table; what nothing goes through is none.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LifecycleRowsTest {
  /** It takes a real QEMU: {@code LifeTest} sees it. */
  private static final Transition STARTED =
      new Transition(Phase.STARTING, Trigger.STARTED, Phase.RUNNING);

  private static final int SCENARIOS = Phase.values().length + 5 + 1;

  private final Set<Transition> seen = ConcurrentHashMap.newKeySet();
  private int scenarios;

  @AfterAll
  void allRowsHappened() {
    assumeTrue(scenarios == SCENARIOS, "only some of the tests have run, or some have failed");
    var missing = new HashSet<>(Lifecycle.TABLE);
    missing.removeAll(seen);
    assertThat(missing).containsExactly(STARTED);
  }

  /** Once all that its supervisor has begun is done. */
  private void note(SupervisedVm vm) throws InterruptedException {
    vm.supervisor().ask(new VmRequest.Created()); // which does nothing, after what is under way
    seen.addAll(vm.moves());
  }

  /**
   * As if that had been stored; its supervisor has nothing to do then, and stores nothing later.
   */
  private static void store(SupervisedVm vm, Phase phase) throws InterruptedException {
    vm.supervisor().ask(new VmRequest.Created());
    vm.repository().saveStatus(SupervisedVm.ID, VmStatus.initial().in(phase, null, Instant.EPOCH));
  }

  /** Whatever the store says: a daemon may have died, or a backup may have been restored. */
  @ParameterizedTest
  @EnumSource
  void aProcessIsTakenOver(Phase stored, @TempDir Path directory) throws Exception {
    try (var vm = new SupervisedVm(directory)) {
      store(vm, stored);
      vm.qemu().status("paused");
      vm.restart();
      vm.awaitPhase(Phase.PAUSED);
      store(vm, stored);
      vm.qemu().status("running");
      vm.restart();
      vm.awaitPhase(Phase.RUNNING);
      store(vm, stored);
      UUID _ = vm.qemu().uuid(UUID.randomUUID());
      vm.restartAfterEnd();
      vm.awaitPhase(Phase.UNRESPONSIVE);
      SupervisedVm.await(
          "why is told", () -> String.valueOf(vm.status().message()).contains("UUID"));
      note(vm);
    }
    scenarios++;
  }

  @ParameterizedTest
  @EnumSource(names = {"STARTING", "RUNNING", "PAUSED", "STOPPING", "UNRESPONSIVE"})
  void aProcessEndedUnseen(Phase stored, @TempDir Path directory) throws Exception {
    try (var vm = new SupervisedVm(directory.resolve("restarted"))) {
      store(vm, stored);
      RunRecord run = vm.repository().run(SupervisedVm.ID).orElseThrow();
      vm.repository()
          .saveRun(
              SupervisedVm.ID,
              new RunRecord(
                  run.process(),
                  "the boot before",
                  run.accelerator(),
                  run.startedAt(),
                  run.spec(),
                  run.forwards(),
                  run.companions(),
                  run.runtime(),
                  run.user(),
                  run.memory(),
                  run.devices(),
                  run.held()));
      vm.restartAfterEnd();
      vm.awaitPhase(Phase.CRASHED);
      note(vm);
    }
    var spec = SupervisedVm.spec().toBuilder().power(Power.STOPPED).build();
    try (var vm = new SupervisedVm(directory.resolve("stopped"), spec)) {
      store(vm, stored);
      vm.process().destroyForcibly().waitFor();
      vm.restartAfterEnd();
      vm.awaitPhase(Phase.STOPPED);
      note(vm);
    }
    scenarios++;
  }

  @Test
  void whatUsersAskFor(@TempDir Path directory) throws Exception {
    try (var vm = new SupervisedVm(directory)) {
      vm.asking(new VmRequest.Pause()).get();
      vm.asking(new VmRequest.Resume()).get();
      var refused = vm.asking(new VmRequest.Shutdown(Duration.ofMillis(100), false));
      assertThatThrownBy(refused::get).hasMessageContaining("did not shut down");
      vm.asking(new VmRequest.Stop()).get();
      failsToStart(vm);
      vm.asking(new VmRequest.Delete(false)).get();
      vm.asking(new VmRequest.KeepAfterAll("it stays")).get();
      assertThat(vm.status().phase()).isEqualTo(Phase.STOPPED);

      reopenAs(vm, Phase.CRASHED);
      failsToStart(vm);
      reopenAs(vm, Phase.PENDING);
      vm.asking(new VmRequest.Created()).get();
      for (Phase deleted : List.of(Phase.PENDING, Phase.CRASHED)) {
        reopenAs(vm, deleted);
        vm.asking(new VmRequest.Delete(false)).get();
        assertThat(vm.status().phase()).isEqualTo(Phase.DELETING);
      }
      note(vm);
    }
    scenarios++;
  }

  private static void reopenAs(SupervisedVm vm, Phase phase) throws InterruptedException {
    store(vm, phase);
    vm.restartAfterEnd();
    assertThat(vm.status().phase()).isEqualTo(phase);
  }

  private static void failsToStart(SupervisedVm vm) {
    assertThatThrownBy(() -> vm.asking(new VmRequest.Start()).get()).isNotNull();
    assertThat(vm.status().phase()).isEqualTo(Phase.STOPPED);
  }
}
