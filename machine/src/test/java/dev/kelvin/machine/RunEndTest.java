package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What follows the end of a VM's process, whatever becomes of the daemon meanwhile. */
class RunEndTest {
  @TempDir private Path directory;

  private SupervisedVm vm(RestartMode mode) throws IOException, InterruptedException {
    return new SupervisedVm(
        Files.createTempDirectory(directory, "vm"),
        SupervisedVm.spec().toBuilder()
            .restart(new Restart(mode, 0))
            .shutdownTimeoutSeconds(1)
            .build());
  }

  /** A daemon that dies between any two writes is followed by one that decides the same. */
  @ParameterizedTest
  @EnumSource
  void whatTheGuestDidIsKnownWhereverTheDaemonDies(RestartMode mode) throws Exception {
    for (int writes = 1; writes < 4; writes++) {
      try (var vm = vm(mode)) {
        vm.store().fullAfter(writes);
        vm.qemu().event("SHUTDOWN", "{\"guest\":true,\"reason\":\"guest-shutdown\"}");
        SupervisedVm.await("its process has ended", () -> !vm.process().isAlive());
        SupervisedVm.await("it is noticed", () -> vm.supervisor().running() == null);
        vm.restartAfterEnd();
        assertThat(vm.exitReason()).isEqualTo(ExitReason.GUEST_POWEROFF);
        assertThat(vm.status().phase()).isEqualTo(Phase.STOPPED);
        assertThat(vm.repository().run(SupervisedVm.ID)).isEmpty();
        boolean again = mode == RestartMode.ALWAYS;
        assertThat(vm.supervisor().restartWaits()).isEqualTo(again);
        assertThat(vm.supervisor().record().spec().power())
            .isEqualTo(again ? Power.RUNNING : Power.STOPPED);
      }
    }
  }

  /** As one that was stopped by a signal: it has five seconds to answer, and is killed then. */
  @Test
  void aProcessThatDoesNotAnswerIsKilledSoon() throws Exception {
    try (var vm = vm(RestartMode.NEVER)) {
      // One that falls silent before it was taken over is not asked.
      SupervisedVm.await("it runs", () -> vm.status().phase() == Phase.RUNNING);
      vm.qemu().silent(true);
      assertThat(vm.asking(new VmRequest.Stop())).succeedsWithin(Duration.ofSeconds(20));
      assertThat(vm.qemu().count("quit")).isEqualTo(1);
      assertThat(vm.process().isAlive()).isFalse();
      assertThat(vm.exitReason()).isEqualTo(ExitReason.STOPPED);
    }
  }

  @Test
  void aRestartThatFailsIsTriedAgain() throws Exception {
    try (var vm = vm(RestartMode.ALWAYS)) {
      vm.process().destroyForcibly().onExit().join();
      vm.qemu().hangUp();
      // Nothing can be started here.
      SupervisedVm.await("it was tried twice", () -> vm.status().restarts() >= 2);
      SupervisedVm.await(
          "it says so", () -> String.valueOf(vm.status().message()).startsWith("starts again in"));
      assertThat(vm.exitReason()).isEqualTo(ExitReason.START_FAILED);
      assertThat(vm.supervisor().record().spec().power()).isEqualTo(Power.RUNNING);
    }
  }

  @Test
  void aStartThatAUserAskedForAndFailedIsNotRepeated() throws Exception {
    try (var vm = vm(RestartMode.ALWAYS)) {
      vm.supervisor().ask(new VmRequest.Stop());
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> vm.supervisor().ask(new VmRequest.Start()));
      assertThat(vm.status().phase()).isEqualTo(Phase.STOPPED);
      assertThat(vm.supervisor().record().spec().power()).isEqualTo(Power.STOPPED);
      assertThat(String.valueOf(vm.status().message())).doesNotContain("starts again");
    }
  }

  /** After the start of a daemon, restarts wait for their turn in the order of autostart. */
  @Test
  void aRestartThatWasDueWaitsForItsTurn() throws Exception {
    try (var vm = vm(RestartMode.ALWAYS)) {
      vm.machines().close();
      vm.process().destroyForcibly().onExit().join();
      vm.restartAfterEnd();
      assertThat(vm.supervisor().restartWaits()).isTrue();
      assertThat(vm.status().restarts()).isZero();
      var done = new ConcurrentLinkedQueue<String>();
      assertThat(vm.machines().autostart(one -> false, done::add)).isTrue();
      assertThat(done).containsExactly(SupervisedVm.ID);
      assertThat(vm.status().restarts()).isPositive();
    }
  }

  @Test
  void aTurnThatTheEndOfTheDaemonCutsOffIsLeftToTheNext() throws Exception {
    try (var vm = vm(RestartMode.ALWAYS)) {
      vm.machines().close();
      vm.process().destroyForcibly().onExit().join();
      vm.restartAfterEnd();
      vm.machines().close();
      var done = new ConcurrentLinkedQueue<String>();
      assertThat(vm.machines().autostart(one -> true, done::add)).isFalse();
      assertThat(done).isEmpty();
    }
  }

  @Test
  void whenAllAreStoppedNoneStartsAgain() throws Exception {
    try (var vm = vm(RestartMode.ALWAYS)) {
      vm.process().destroyForcibly().onExit().join();
      vm.qemu().hangUp();
      SupervisedVm.await("it is to start again", () -> vm.status().restarts() > 0);
      vm.machines().shutDownAll();
      assertThat(vm.status().phase().hasProcess()).isFalse();
      assertThat(vm.supervisor().record().spec().power()).isEqualTo(Power.STOPPED);
      for (VmRequest start : List.of(new VmRequest.Start(), new VmRequest.Autostart())) {
        assertThatExceptionOfType(ProblemException.class)
            .isThrownBy(() -> vm.supervisor().ask(start))
            .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE));
      }
      int restarts = vm.status().restarts();
      assertThat(vm.machines().autostart(one -> true, id -> {})).isFalse();
      assertThat(vm.status().restarts()).isEqualTo(restarts);
    }
  }

  @Test
  void aVmThatRunsIsStoppedWithAll() throws Exception {
    try (var vm = vm(RestartMode.ALWAYS)) {
      vm.machines().shutDownAll();
      assertThat(vm.process().isAlive()).isFalse();
      assertThat(vm.status().phase().hasProcess()).isFalse();
      assertThat(vm.supervisor().record().spec().power()).isEqualTo(Power.STOPPED);
    }
  }

  /** Whatever is thrown on the way, the supervisor goes on. */
  @Test
  void anErrorEndsNoSupervisor() throws Exception {
    try (var vm = vm(RestartMode.NEVER)) {
      vm.supervisor().ask(new VmRequest.Stop());
      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(ProblemException.class)
            .isThrownBy(() -> vm.supervisor().ask(new VmRequest.Start()))
            .satisfies(e -> assertThat(e.problem().cause()).contains("nothing is started here"));
      }
      assertThat(vm.supervisor().snapshot().status().phase()).isEqualTo(Phase.STOPPED);
    }
  }
}
