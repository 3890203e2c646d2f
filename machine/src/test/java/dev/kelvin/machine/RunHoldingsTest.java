package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.task.VmTasks;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.TaskEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a VM's process gives back what is on its record, whichever daemon has seen to it. */
class RunHoldingsTest {
  @TempDir private Path directory;
  private SupervisedVm vm;
  private Process helper;
  private Path leftover;
  private Path runtime;

  @BeforeEach
  void takeOver() throws IOException, InterruptedException {
    vm = new SupervisedVm(directory);
    helper = new ProcessBuilder("sleep", "1000").start();
    leftover = Files.createFile(directory.resolve("helper.lock"));
    runtime = directory.resolve("run/vms/" + SupervisedVm.ID);
    assertThat(runtime).exists();
  }

  @AfterEach
  void close() throws IOException {
    vm.close();
    helper.destroyForcibly().onExit().join();
  }

  private StartedCompanion companion() {
    String process = ProcessId.of(helper.pid()).orElseThrow().encode();
    return new StartedCompanion("tpm", process, leftover.toString());
  }

  private RunRecord onRecord() {
    return vm.repository().run(SupervisedVm.ID).orElseThrow();
  }

  private void record(List<StartedCompanion> companions, @Nullable List<HeldResource> held) {
    vm.repository().saveRun(SupervisedVm.ID, SupervisedVm.holding(onRecord(), companions, held));
  }

  private void requireAllGivenBack() {
    SupervisedVm.await("the end is stored", () -> vm.repository().run(SupervisedVm.ID).isEmpty());
    assertThat(helper.isAlive()).isFalse();
    assertThat(leftover).doesNotExist();
    assertThat(runtime).doesNotExist();
  }

  @Test
  void aStopGivesBackWhatIsOnRecord() throws Exception {
    record(List.of(), List.of(new HeldResource.RuntimeDirectory(runtime.toString()), companion()));
    vm.supervisor().ask(new VmRequest.Stop());
    requireAllGivenBack();
  }

  @Test
  void aStopGivesBackNothingElse() throws Exception {
    record(List.of(), List.of());
    vm.supervisor().ask(new VmRequest.Stop());
    assertThat(vm.status().phase()).isEqualTo(Phase.STOPPED);
    assertThat(helper.isAlive()).isTrue();
    assertThat(leftover).exists();
    assertThat(runtime).exists();
  }

  @Test
  void theRecordOfAnEarlierDaemonIsCompletedWhenItsProcessIsTakenOver() throws Exception {
    record(List.of(companion()), null);
    vm.restart();
    SupervisedVm.await("the record is whole", () -> !onRecord().isIncomplete());
    assertThat(onRecord().helpers()).containsExactly(companion());
    vm.supervisor().ask(new VmRequest.Stop());
    requireAllGivenBack();
  }

  @Test
  void whatAnEarlierDaemonGotIsGivenBackAlsoWhenNoDaemonSawTheEnd() throws Exception {
    record(List.of(companion()), null);
    vm.process().destroyForcibly().onExit().join();
    vm.restartAfterEnd();
    vm.awaitPhase(Phase.CRASHED);
    requireAllGivenBack();
  }

  /** What is wanted of it cannot be read; what its machine holds can. */
  @Test
  void theDeletionOfADamagedVmGivesBackWhatItsMachineHeld() throws Exception {
    record(List.of(), List.of(new HeldResource.RuntimeDirectory(runtime.toString()), companion()));
    byte[] torn = "{\"v\":1,\"doc\":{\"meta".getBytes(StandardCharsets.UTF_8);
    vm.store().commit(Txn.of(Op.put(VmRepository.VMS + SupervisedVm.ID, torn)));
    vm.restartAfterEnd();
    assertThat(vm.machines().damagedId("web")).contains(SupervisedVm.ID);
    try (var tasks = new TaskEngine(vm.store(), vm.machines().taskTypes(), Clock.systemUTC())) {
      var delete = new VmTasks.Delete(SupervisedVm.ID, true, false);
      Task task = tasks.submitExclusive(VmTasks.DELETE, delete, "vm/web");
      assertThat(tasks.await(task.id(), Duration.ofSeconds(20)).state())
          .isEqualTo(TaskState.SUCCEEDED);
    }
    assertThat(vm.process().isAlive()).isFalse();
    requireAllGivenBack();
  }
}
