package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Phase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** Kernels reset their machine in several ways at once; users see one reboot. */
class RebootEventsTest extends OnSupervisedVm {
  private static final String REBOOT = "vm.guest-reboot";

  private void reset() {
    try {
      vm().qemu().event("RESET", "{\"guest\":true,\"reason\":\"guest-reset\"}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int told() {
    return Collections.frequency(vm().told(), REBOOT);
  }

  @Test
  void threeResetsAtOnceAreOneReboot() throws Exception {
    reset();
    reset();
    reset();
    vm().qemu().event("STOP", "{}"); // it is heard after them
    vm().awaitPhase(Phase.PAUSED);
    assertThat(told()).isEqualTo(1);
    SupervisedVm.await(
        "a later one is told",
        () -> {
          reset();
          return told() == 2;
        });
  }
}
