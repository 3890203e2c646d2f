package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Phase;
import dev.kelvin.model.VmStatus;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In which states of a guest the daemon lets it go on by itself. */
class AdoptedStatesTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "paused",
        "prelaunch",
        "io-error",
        "internal-error",
        "inmigrate",
        "finish-migrate",
        "postmigrate",
        "save-vm",
        "restore-vm",
        "debug",
        "colo",
        "of-a-later-qemu"
      })
  void aGuestThatStandsStillIsNotToldToGoOn(String status) throws Exception {
    try (var vm = new SupervisedVm(directory)) {
      vm.qemu().status(status);
      vm.restart();
      vm.awaitPhase(Phase.PAUSED);
      vm.restart();
      vm.awaitPhase(Phase.PAUSED);
      assertThat(vm.qemu().commands()).doesNotContain("cont", "quit", "system_reset");
      assertThat(vm.process().isAlive()).isTrue();
    }
  }

  @Test
  void oneThatItsDaemonCouldNotLetGoAnyMoreIs() throws Exception {
    try (var vm = new SupervisedVm(directory)) {
      vm.qemu().status("prelaunch");
      vm.repository()
          .saveStatus(SupervisedVm.ID, VmStatus.initial().in(Phase.STARTING, null, Instant.EPOCH));
      vm.restart();
      vm.awaitPhase(Phase.RUNNING);
      assertThat(vm.qemu().count("cont")).isEqualTo(1);
    }
  }

  /** Whoever answers as another machine is told nothing, and is asked again. */
  @Test
  void aSocketThatAnswersAsAnotherMachineIsRefused() throws Exception {
    try (var vm = new SupervisedVm(directory)) {
      UUID right = vm.qemu().uuid(UUID.randomUUID());
      vm.restartAfterEnd();
      vm.awaitPhase(Phase.UNRESPONSIVE);
      assertThat(vm.status().message()).contains("UUID");
      assertThat(vm.supervisor().running()).isNull();
      assertThat(vm.process().isAlive()).isTrue();
      assertThat(vm.qemu().commands()).doesNotContain("cont", "stop", "quit", "system_reset");
      vm.qemu().uuid(right);
      vm.awaitPhase(Phase.RUNNING);
    }
  }

  @Test
  void oneThatMayRunElsewhereDoesNotGoOnHere() throws Exception {
    try (var vm = new SupervisedVm(directory)) {
      vm.qemu().status("postmigrate");
      vm.restart();
      vm.awaitPhase(Phase.PAUSED);
      assertThatThrownBy(() -> vm.asking(new VmRequest.Resume()).get())
          .hasMessageContaining("elsewhere");
      assertThat(vm.qemu().count("cont")).isZero();
    }
  }
}
