package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Power;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of VMs while the store cannot be written. */
class FullStoreTest extends OnSupervisedVm {
  private void guestPowersOff() throws IOException {
    vm().qemu().event("SHUTDOWN", "{\"guest\":true,\"reason\":\"guest-shutdown\"}");
  }

  private void awaitUnstoredEnd() {
    SupervisedVm.await(
        "its end is noticed",
        () -> String.valueOf(vm().status().message()).contains("cannot be stored yet"));
    // It has ended; that the JDK knows it as well may take a moment.
    assertThat(vm().process().onExit()).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void anEndIsToldAsSoonAsItCanBeStored() throws IOException {
    vm().store().full(true);
    guestPowersOff();
    awaitUnstoredEnd();

    vm().store().full(false);

    vm().awaitPhase(Phase.STOPPED);
    assertThat(vm().exitReason()).isEqualTo(ExitReason.GUEST_POWEROFF);
    assertThat(vm().status().message()).isNull();
    SupervisedVm.await("it is stored", () -> vm().repository().run(SupervisedVm.ID).isEmpty());
    assertThat(vm().repository().statuses().get(SupervisedVm.ID)).isEqualTo(vm().status());
    SupervisedVm.await(
        "it is not wanted any more",
        () -> vm().supervisor().record().spec().power() == Power.STOPPED);
  }

  @Test
  void whoAsksForSomethingMeanwhileHearsWhy() throws IOException, InterruptedException {
    vm().store().full(true);
    vm().process().destroyForcibly().onExit().join();
    vm().qemu().silent(true);
    vm().qemu().hangUp();
    awaitUnstoredEnd();

    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> vm().supervisor().ask(new VmRequest.Stop()))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE));

    vm().store().full(false);
    vm().supervisor().ask(new VmRequest.Stop());
    assertThat(vm().status().phase()).isEqualTo(Phase.CRASHED);
    assertThat(vm().exitReason()).isEqualTo(ExitReason.CRASH);
  }

  @Test
  void aShutdownIsAnsweredWhenTheEndIsStored() throws Exception {
    var answer = vm().asking(new VmRequest.Shutdown(Duration.ofMinutes(5), false));
    // The button is pressed when that it stops is stored.
    SupervisedVm.await("pressed", () -> vm().qemu().count("system_powerdown") == 1);
    vm().store().full(true);
    guestPowersOff();
    awaitUnstoredEnd();
    assertThat(answer).isNotDone();

    vm().store().full(false);

    answer.get(20, TimeUnit.SECONDS);
    assertThat(vm().exitReason()).isEqualTo(ExitReason.SHUTDOWN);
  }

  @Test
  void aStartThatIsNotStoredHasNotBegun() throws InterruptedException {
    vm().supervisor().ask(new VmRequest.Stop());
    vm().store().full(true);

    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> vm().supervisor().ask(new VmRequest.Start()))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.HOST_FAILURE));

    assertThat(vm().status().phase()).isEqualTo(Phase.STOPPED);
  }
}
