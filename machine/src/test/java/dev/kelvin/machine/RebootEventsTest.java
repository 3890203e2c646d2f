package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Phase;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Kernels reset their machine in several ways at once; users see one reboot. */
class RebootEventsTest extends OnSupervisedVm {
  private static final String REBOOT = "vm.guest-reboot";

  private void reset() throws IOException {
    vm().qemu().event("RESET", "{\"guest\":true,\"reason\":\"guest-reset\"}");
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
    LockSupport.parkNanos(Duration.ofMillis(1100).toNanos());
    reset();
    SupervisedVm.await("it is told again", () -> told() == 2);
  }
}
