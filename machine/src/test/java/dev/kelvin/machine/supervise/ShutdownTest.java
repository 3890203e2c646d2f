package dev.kelvin.machine.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.machine.OnSupervisedVm;
import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.machine.task.VmTasks;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.state.task.TaskEngine;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Requests to shut down that the guest does not follow, or that are taken back. */
class ShutdownTest extends OnSupervisedVm {
  private static final Duration LONG = Duration.ofMinutes(5);

  private static void timesOut(CompletableFuture<Void> answer) {
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> answer.get(20, TimeUnit.SECONDS))
        .havingCause()
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(Code.TIMEOUT));
  }

  @Test
  void whoAskedIsAnsweredAlsoWhenQemuDoesNotAnswerAnyMore() throws IOException {
    var answer = vm().asking(new VmRequest.Shutdown(Duration.ofSeconds(1), false));
    vm().awaitPhase(Phase.STOPPING);
    vm().qemu().silent(true);
    vm().qemu().hangUp();

    timesOut(answer);

    assertThat(vm().status().phase()).isEqualTo(Phase.UNRESPONSIVE);
    vm().qemu().silent(false);
    vm().qemu().hangUp();
    vm().awaitPhase(Phase.RUNNING);
    assertThat(vm().process().isAlive()).isTrue();
  }

  @Test
  void aVmThatQemuHasPausedMeanwhileIsShownAsPaused() throws IOException {
    var answer = vm().asking(new VmRequest.Shutdown(Duration.ofSeconds(1), false));
    vm().awaitPhase(Phase.STOPPING);
    vm().qemu().status("io-error");
    vm().qemu().event("STOP", "{}");

    timesOut(answer);

    vm().awaitPhase(Phase.PAUSED);
  }

  @Test
  void theButtonIsPressedOverTheNewConnection() throws Exception {
    var answer = vm().asking(new VmRequest.Shutdown(LONG, false));
    SupervisedVm.await("pressed", () -> vm().qemu().count("system_powerdown") == 1);
    vm().qemu().hangUp();
    vm().awaitPhase(Phase.UNRESPONSIVE);
    vm().awaitPhase(Phase.STOPPING);

    SupervisedVm.await("pressed again", () -> vm().qemu().count("system_powerdown") == 2);

    vm().qemu().status("shutdown");
    vm().qemu().event("SHUTDOWN", "{\"guest\":true,\"reason\":\"guest-shutdown\"}");
    answer.get(20, TimeUnit.SECONDS);
    assertThat(vm().exitReason()).isEqualTo(ExitReason.SHUTDOWN);
  }

  @Test
  void aTaskThatIsCancelledTakesItsRequestBack() throws Exception {
    try (var engine =
        new TaskEngine(vm().store(), vm().machines().taskTypes(), InstantSource.system())) {
      Task task =
          engine.submit(VmTasks.SHUTDOWN, new VmTasks.ShutDown(SupervisedVm.ID, 2, true), "vm/web");
      vm().awaitPhase(Phase.STOPPING);

      engine.cancel(task.id());

      assertThat(engine.await(task.id(), Duration.ofSeconds(20)).state())
          .isEqualTo(Task.TaskState.CANCELLED);
      assertThat(vm().status().phase()).isEqualTo(Phase.RUNNING);
      assertThat(vm().process().waitFor(3, TimeUnit.SECONDS)).isFalse();
      assertThat(vm().status().phase()).isEqualTo(Phase.RUNNING);
    }
  }

  @Test
  void aRequestThatIsStillInTheMailboxIsTakenBack() throws Exception {
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> vm().supervisor().ask(new VmRequest.Shutdown(Duration.ZERO, true)));

    vm().supervisor().ask(new VmRequest.CancelShutdown());
    vm().supervisor().ask(new VmRequest.CancelShutdown());

    assertThat(vm().status().phase()).isEqualTo(Phase.RUNNING);
    assertThat(vm().process().isAlive()).isTrue();
  }

  @Test
  void aRequestForWhichSomebodyElseStillWaitsGoesOn() throws Exception {
    var other = vm().asking(new VmRequest.Shutdown(LONG, false));
    vm().awaitPhase(Phase.STOPPING);
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> vm().supervisor().ask(new VmRequest.Shutdown(LONG, true)));

    vm().supervisor().ask(new VmRequest.CancelShutdown());

    assertThat(vm().status().phase()).isEqualTo(Phase.STOPPING);
    vm().qemu().event("SHUTDOWN", "{\"guest\":true,\"reason\":\"guest-shutdown\"}");
    other.get(20, TimeUnit.SECONDS);
  }

  @Test
  void takingBackDoesNothingWhenTheVmHasEnded() throws Exception {
    vm().supervisor().ask(new VmRequest.Stop());

    vm().supervisor().ask(new VmRequest.CancelShutdown());

    assertThat(vm().status().phase()).isEqualTo(Phase.STOPPED);
  }
}
