package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.ListQuery;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Autostart;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The order in which VMs start and stop with their host. */
class AutostartTest {
  private static Vm vm(String name, boolean enabled, int order) {
    return Guests.empty(
        name, spec -> spec.autostart(new Autostart(enabled, order, 0)).shutdownTimeoutSeconds(1));
  }

  @Test
  void vmsStopInTheOrderOppositeToThatOfTheirStart() throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(vm("database", true, 1));
      daemon.create(vm("web", true, 2));
      daemon.create(vm("by-hand", false, 0));

      daemon.client().stopDaemon(true);
      daemon.awaitEnd();
      assertThat(daemon.vmProcesses()).isEmpty();

      daemon.restart();
      Await.until(
          "those that start with the host run",
          Duration.ofSeconds(30),
          () ->
              phase(daemon, "database") == Phase.RUNNING && phase(daemon, "web") == Phase.RUNNING);
      assertThat(phase(daemon, "by-hand")).isEqualTo(Phase.STOPPED);
      assertThat(ended(daemon, "web")).isBefore(ended(daemon, "database"));
      assertThat(started(daemon, "database")).isBefore(started(daemon, "web"));

      // A daemon that is restarted alone starts nothing that a user has stopped.
      daemon.done(daemon.client().stopVm("web"));
      daemon.kill();
      daemon.restart();
      daemon.done(daemon.client().startVm("by-hand"));
      assertThat(phase(daemon, "web")).isEqualTo(Phase.STOPPED);
      assertThat(daemon.client().allVms(ListQuery.all())).hasSize(3);
    }
  }

  private static Phase phase(TestDaemon daemon, String vm) {
    return daemon.client().vm(vm).status().phase();
  }

  private static Instant started(TestDaemon daemon, String vm) {
    return Objects.requireNonNull(daemon.client().vm(vm).status().startedAt());
  }

  private static Instant ended(TestDaemon daemon, String vm) {
    VmStatus status = daemon.client().vm(vm).status();
    return Objects.requireNonNull(status.lastExit()).at();
  }
}
