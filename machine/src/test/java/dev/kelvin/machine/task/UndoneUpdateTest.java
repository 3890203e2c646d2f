package dev.kelvin.machine.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.machine.store.VmChange;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.task.TaskEngine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An update that is undone waits for nothing that another VM may have taken meanwhile. */
class UndoneUpdateTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final String MAC = "52:54:00:00:00:01";
  private static final String LATER = "52:54:00:00:00:02";

  @TempDir private Path directory;
  private SupervisedVm vm;
  private TaskEngine tasks;
  private ServerSocket port;

  @BeforeEach
  void takeOver() throws IOException, InterruptedException {
    port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    int number = port.getLocalPort();
    port.close();
    var forward = PortForward.of(Protocol.TCP, "127.0.0.1", number, 80);
    Nic nic = Nic.of("lan").withMac(MAC).withForwards(List.of(forward));
    vm = new SupervisedVm(directory, SupervisedVm.spec().withNics(List.of(nic)));
    vm.qemu().devices().add("nic-lan");
    tasks = new TaskEngine(vm.store(), vm.machines().taskTypes(), Clock.systemUTC());
  }

  @AfterEach
  void close() throws IOException {
    tasks.close();
    port.close();
    vm.close();
  }

  private Task submit(VmSpec wanted) {
    VmRecord now = vm.repository().find(SupervisedVm.ID).orElseThrow();
    return tasks.submitExclusive(VmTasks.UPDATE, new VmChange(now, now.withSpec(wanted)), "vm/web");
  }

  private static VmRecord other(String mac) {
    var metadata = new Metadata("other", "bb", Map.of(), 0, Instant.EPOCH);
    VmSpec spec = SupervisedVm.spec().withNics(List.of(Nic.of("lan").withMac(mac)));
    return new VmRecord(metadata, spec, -1);
  }

  private void requireTaken(String mac) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> vm.repository().create(other(mac), List.of()))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CONFLICT));
  }

  @Test
  void anAddressStaysTakenUntilTheUpdateHasEnded() throws Exception {
    VmSpec later = SupervisedVm.spec().withNics(List.of(Nic.of("wan").withMac(LATER)));
    vm.qemu().silentAfter("device_add"); // it takes the old card out, and fails with the new one
    Task task = submit(later);
    SupervisedVm.await("the new card is plugged in", () -> vm.qemu().count("device_add") > 0);
    requireTaken(MAC);
    requireTaken(LATER);

    try (var taken = new ServerSocket(port.getLocalPort(), 1, InetAddress.getLoopbackAddress())) {
      vm.qemu().silent(false); // it answers again
      vm.qemu().hangUp();
      Task ended = tasks.await(task.id(), DEADLINE);
      assertThat(ended.state()).as(taken + " " + ended).isEqualTo(TaskState.FAILED);
    }
    requireTaken(MAC);
    vm.repository().create(other(LATER), List.of());
  }

  @Test
  void anAddressIsFreeWhenTheUpdateHasSucceeded() throws Exception {
    Task task = submit(SupervisedVm.spec());
    assertThat(tasks.await(task.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(vm.qemu().devices()).isEmpty();
    vm.repository().create(other(MAC), List.of());
  }

  /** What it let go of may be another's at once: going back could wait for that for ever. */
  @Test
  void anUpdateThatIsDoneIsNotUndoneWhenAnAddressCannotBeGivenBack() throws Exception {
    String key = VmRepository.MACS + MAC;
    vm.store().refuse(op -> op instanceof Op.Delete delete && delete.key().equals(key));
    Task task = submit(SupervisedVm.spec());
    assertThat(tasks.await(task.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
    requireTaken(MAC);
    vm.store().refuse(op -> false);
    vm.repository().ownKeys().reconcile(vm.repository().all());
    vm.repository().create(other(MAC), List.of());
  }

  /** Nothing can keep a port of the host; the card comes back without it, and it is told. */
  @Test
  void aPortThatSomebodyElseTookIsLeftOut() throws Exception {
    VmRecord now = vm.repository().find(SupervisedVm.ID).orElseThrow();
    vm.supervisor().ask(new VmRequest.Converge(now.withSpec(SupervisedVm.spec())));
    assertThat(vm.qemu().devices()).isEmpty();
    int wanted = now.spec().nics().getFirst().forwards().getFirst().hostPort();
    try (var taken = new ServerSocket(wanted, 1, InetAddress.getLoopbackAddress())) {
      vm.supervisor().ask(new VmRequest.GoBack(now));
      assertThat(vm.qemu().devices()).as(taken.toString()).containsExactly("nic-lan");
      assertThat(vm.status().forwards()).isEmpty();
      assertThat(vm.status().restartRequired()).containsExactly("spec.nics[0]");
    }
  }
}
