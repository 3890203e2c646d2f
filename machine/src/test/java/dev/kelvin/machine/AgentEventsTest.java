package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.machine.guest.FloodingAgent;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Phase;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a VM tells of its guest's agent. */
@Timeout(60)
class AgentEventsTest {
  @TempDir private Path directory;

  @Test
  void thatItsAgentBreaksTheRulesIsToldOnceAndStandsInItsStatus() throws Exception {
    var spec = SupervisedVm.spec().toBuilder().guestAgent(true).build();
    try (var vm = new SupervisedVm(directory, spec);
        var _ = new FloodingAgent(vm.agentSocket())) {
      SupervisedVm.await("it is told", () -> vm.told().contains("vm.agent-misbehaves"));
      SupervisedVm.await(
          "it stands in the status",
          () -> String.valueOf(vm.status().message()).contains("more than it was asked for"));
      assertThat(vm.status().guest()).isNull();
      assertThat(vm.status().phase()).isEqualTo(Phase.RUNNING);
      assertThat(Collections.frequency(vm.told(), "vm.agent-misbehaves")).isEqualTo(1);
      // Neither needs the agent.
      vm.supervisor().ask(new VmRequest.Stop());
      vm.awaitPhase(Phase.STOPPED);
    }
  }
}
