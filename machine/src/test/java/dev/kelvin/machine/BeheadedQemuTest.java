package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.testkit.Beheaded;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Phase;
import dev.kelvin.model.VmStatus.ExitReason;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main thread of a VM's QEMU has ended; its virtual CPUs go on. */
class BeheadedQemuTest {
  @Test
  void isEndedBeforeItsVmCountsAsEnded(@TempDir Path directory) throws Exception {
    var program = List.of(Beheaded.in(directory).toString());
    try (var vm = new SupervisedVm(directory.resolve("home"), SupervisedVm.spec(), program)) {
      if (vm.status().lastExit() == null) {
        vm.restart(); // it was taken over in the moment before
      }
      vm.awaitPhase(Phase.CRASHED);
      assertThat(ProcessId.of(vm.process().pid())).isEmpty();
      assertThat(vm.exitReason()).isEqualTo(ExitReason.CRASH);
      assertThat(Objects.requireNonNull(vm.status().lastExit()).detail()).contains("main thread");
    }
  }

  /** As {@code rm --force} asks; also when nobody has noticed yet that it is beheaded. */
  @Test
  void deletingItsVmWaitsForItsLastThread(@TempDir Path directory) throws Exception {
    var program = List.of(Beheaded.in(directory).toString());
    try (var vm = new SupervisedVm(directory.resolve("home"), SupervisedVm.spec(), program)) {
      vm.supervisor().ask(new VmRequest.Delete(true));
      assertThat(ProcessId.of(vm.process().pid())).isEmpty();
      assertThat(vm.status().phase()).isEqualTo(Phase.DELETING);
    }
  }
}
