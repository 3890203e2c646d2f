package dev.kelvin.machine.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.machine.store.VmChange;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.TaskEngine;
import java.nio.charset.StandardCharsets;
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

/** What tasks that create and change VMs are given, now and by earlier versions of Kelvin. */
class VmChangeTasksTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private SupervisedVm vm;
  private TaskEngine tasks;

  @BeforeEach
  void takeOver() throws Exception {
    vm = new SupervisedVm(directory);
    tasks = new TaskEngine(vm.store(), vm.machines().taskTypes(), Clock.systemUTC());
  }

  @AfterEach
  void close() throws Exception {
    tasks.close();
    vm.close();
  }

  private static VmRecord other() {
    VmSpec spec = SupervisedVm.spec().toBuilder().power(Power.STOPPED).build();
    return new VmRecord(new Metadata("other", "bb", Map.of(), 0, Instant.EPOCH), spec, -1);
  }

  private VmRecord web() {
    return vm.repository().find(SupervisedVm.ID).orElseThrow();
  }

  /** The VM with another property that needs no restart. */
  private VmChange patient() {
    VmRecord now = web();
    return new VmChange(
        now, now.withSpec(now.spec().toBuilder().shutdownTimeoutSeconds(33).build()));
  }

  /** A task as a Kelvin before drafts has left it, with the documents in its input. */
  private String left(String type, String object, Map<String, ?> input, int step, String... steps) {
    String id = "01-left";
    var all = new java.util.ArrayList<Map<String, String>>();
    for (int i = 0; i < steps.length; i++) {
      String state = i < step ? "done" : i == step ? "running" : "pending";
      all.add(Map.of("name", steps[i], "state", state));
    }
    put(
        "task/" + id,
        Map.of(
            "id", id,
            "type", type,
            "object", object,
            "exclusive", true,
            "cancellable", true,
            "state", "running",
            "steps", all,
            "step", step,
            "createdAt", "2026-01-02T03:04:05Z"));
    put("task-input/" + id, input);
    vm.store().commit(Txn.of(Op.put("task-lock/" + object, id.getBytes(StandardCharsets.UTF_8))));
    return id;
  }

  private void put(String key, Map<String, ?> doc) {
    vm.store().commit(Txn.of(Op.put(key, Documents.json(Map.of("v", 1, "doc", doc)))));
  }

  private String leftCreation(int step) {
    return left(
        VmTasks.CREATE,
        "vm/other",
        Map.of("vm", Documents.tree(other())),
        step,
        "reserve",
        "disks",
        "finish",
        "start");
  }

  private String leftUpdate(int step, VmChange change) {
    return left(
        VmTasks.UPDATE,
        "vm/web",
        Map.of("before", Documents.tree(web()), "wanted", Documents.tree(change.wanted())),
        step,
        "store",
        "converge",
        "power",
        "release");
  }

  private List<String> keys() {
    return vm.store().range("", null, 999).entries().stream().map(entry -> entry.key()).toList();
  }

  private Task ends(String id) throws InterruptedException {
    Task ended = tasks.await(id, DEADLINE);
    assertThat(keys())
        .as("nothing of the task is left but that it was")
        .noneMatch(key -> key.startsWith("/vm-changes/"))
        .noneMatch(key -> key.startsWith("task-"));
    return ended;
  }

  @Test
  void aVmIsCreatedFromTheDraftThatTheInputNames() throws Exception {
    Task task = tasks.submitExclusive(VmTasks.CREATE, VmChange.creating(other()), "vm/other");
    assertThat(ends(task.id()).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(vm.machines().get("other").status().phase()).isEqualTo(Phase.STOPPED);
    assertThat(vm.repository().find("bb").orElseThrow().spec()).isEqualTo(other().spec());
  }

  @Test
  void noInputHasADocumentInIt() throws Exception {
    vm.store().refuse(VmChangeTasksTest::endsATask); // so that its input can be looked at
    Task task = tasks.submitExclusive(VmTasks.CREATE, VmChange.creating(other()), "vm/other");
    var input = vm.store().get("task-input/" + task.id()).orElseThrow();
    assertThat(new String(input.value(), StandardCharsets.UTF_8))
        .isEqualTo("{\"v\":1,\"doc\":{\"draft\":\"/vm-changes/" + task.id() + "\"}}");
    assertThat(keys()).contains("/vm-changes/" + task.id());
    vm.store().refuse(op -> false);
    assertThat(ends(task.id()).state()).isEqualTo(TaskState.SUCCEEDED);
  }

  private static boolean endsATask(Op op) {
    return op instanceof Op.Delete delete && delete.key().startsWith("task-input/");
  }

  @Test
  void aVmIsChangedByTheDraftThatTheInputNames() throws Exception {
    Task task = tasks.submitExclusive(VmTasks.UPDATE, patient(), "vm/web");
    assertThat(ends(task.id()).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(web().spec().shutdownTimeoutSeconds()).isEqualTo(33);
  }

  @Test
  void aCreationThatAnEarlierVersionLeftIsFinished() throws Exception {
    String id = leftCreation(0);
    assertThat(tasks.resume()).isEmpty();
    assertThat(ends(id).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(vm.machines().get("other").status().phase()).isEqualTo(Phase.STOPPED);
  }

  @Test
  void aCreationThatAnEarlierVersionLeftIsUndone() throws Exception {
    vm.repository().create(other(), List.of()); // its first step
    vm.restart();
    tasks.close();
    tasks = new TaskEngine(vm.store(), vm.machines().taskTypes(), Clock.systemUTC());
    String id = leftCreation(1);
    tasks.cancel(id);
    assertThat(tasks.resume()).isEmpty();
    assertThat(ends(id).state()).isEqualTo(TaskState.CANCELLED);
    assertThat(vm.repository().find("bb")).isEmpty();
    assertThat(vm.machines().byId("bb")).isEmpty();
  }

  @Test
  void anUpdateThatAnEarlierVersionLeftIsFinished() throws Exception {
    String id = leftUpdate(0, patient());
    assertThat(tasks.resume()).isEmpty();
    assertThat(ends(id).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(web().spec().shutdownTimeoutSeconds()).isEqualTo(33);
  }

  @Test
  void anUpdateThatAnEarlierVersionLeftIsUndone() throws Exception {
    VmChange change = patient();
    String id = leftUpdate(1, change);
    vm.repository().replaceForNow(change.wanted(), web().metadata().revision()); // its first step
    tasks.cancel(id);
    assertThat(tasks.resume()).isEmpty();
    assertThat(ends(id).state()).isEqualTo(TaskState.CANCELLED);
    assertThat(web().spec().shutdownTimeoutSeconds()).isEqualTo(90);
  }

  @Test
  void onlyWhatTakesSpaceWaitsForSpace() {
    VmRecord now = web();
    assertThat(VmChange.creating(other()).takesSpace()).isTrue();
    assertThat(patient().takesSpace()).isFalse();
    VmRecord off = now.withSpec(now.spec().withPower(Power.STOPPED));
    assertThat(new VmChange(off, now).takesSpace()).isTrue();
    assertThat(new VmChange(now, off).takesSpace()).isFalse();
  }
}
