package dev.kelvin.state.task;

import static dev.kelvin.state.store.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.DyingStore;
import dev.kelvin.state.store.ManualClock;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.Scripted.Way;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Engines that end and begin. */
class TaskResumeTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final String WEB1 = "vm/web1";

  private final Store store = new MemoryStore();
  private final ManualClock clock = new ManualClock();

  private TaskEngine engine(Store in, TaskType<?>... types) {
    var settings =
        new TaskSettings(
            Duration.ofMillis(1),
            Duration.ofMillis(20),
            Duration.ZERO,
            100,
            Duration.ofDays(7),
            DEADLINE,
            DEADLINE);
    return new TaskEngine(in, List.of(types), clock, new TaskIds(clock), settings);
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** Begins a task, and closes its engine while step b waits. */
  private Task leaveInTheMiddle() throws InterruptedException {
    var script = new Scripted();
    TaskEngine engine = engine(store, script.type());
    Task task;
    try (engine) {
      task = engine.submitExclusive(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      script.awaitWaiting();
    }
    refused(Code.UNAVAILABLE, () -> engine.submit(Scripted.TYPE, Scripted.passing(), "vm/web2"));
    assertThat(script.notes()).as("nothing is undone").containsExactly("run a", "run b");
    return task;
  }

  @Test
  void closingLeavesTasksToTheNextEngine() throws Exception {
    Task left = leaveInTheMiddle();
    var script = new Scripted();
    script.release();
    try (var engine = engine(store, script.type())) {
      assertThat(engine.get(left.id()).state()).isEqualTo(TaskState.RUNNING);
      assertThat(engine.resume()).isEmpty();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(script.notes()).containsExactly("run b", "run c");
    }
  }

  @Test
  void aTaskCanBeCancelledBeforeItIsResumed() throws Exception {
    Task left = leaveInTheMiddle();
    var script = new Scripted();
    try (var engine = engine(store, script.type())) {
      engine.cancel(left.id());
      engine.resume();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.CANCELLED);
      assertThat(script.notes()).containsExactly("undo b", "undo a");
    }
  }

  @Test
  void closingDuringAnUndoThatFailsLeavesItToTheNextEngine() throws Exception {
    var stubborn = new Scripted();
    String id;
    try (var engine = engine(store, stubborn.type())) {
      id =
          engine
              .submit(Scripted.TYPE, new Scripted.Input("b", Way.REFUSE, Integer.MAX_VALUE), WEB1)
              .id();
      Await.until("undoing was tried", () -> stubborn.notes().size() > 4);
    }
    var script = new Scripted();
    try (var engine = engine(store, obedient(script))) {
      engine.resume();
      Task end = engine.await(id, DEADLINE);
      assertThat(end.state()).isEqualTo(TaskState.FAILED);
      assertThat(end.problem()).extracting(Problem::detail).isEqualTo("Refused on purpose");
      assertThat(script.notes()).containsExactly("undo b", "undo a");
    }
  }

  /** The same steps, whose undoing never fails. */
  private static TaskType<Scripted.Input> obedient(Scripted script) {
    TaskType<Scripted.Input> type = script.type();
    List<Step<Scripted.Input>> steps =
        type.steps().stream().<Step<Scripted.Input>>map(Obedient::new).toList();
    return new TaskType<>(type.name(), type.inputType(), steps, true);
  }

  private record Obedient(Step<Scripted.Input> step) implements Step<Scripted.Input> {
    @Override
    public String name() {
      return step.name();
    }

    @Override
    public void run(Scripted.Input input, StepContext context) throws Exception {
      step.run(input, context);
    }

    @Override
    public void undo(Scripted.Input input, StepContext context) throws Exception {
      step.undo(new Scripted.Input(input.step(), input.way(), 0), context);
    }
  }

  record Other(int number) {}

  record Nothing(String name) implements Step<Other> {
    @Override
    public void run(Other input, StepContext context) {}
  }

  private void checkStranded(TaskEngine engine, Task left, String cause) {
    Queue<Task> told = new ConcurrentLinkedQueue<>();
    engine.addListener(news -> told.add(news.task()));
    List<Problem> problems = engine.resume();
    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst().cause()).contains(cause);
    assertThat(problems.getFirst().object()).isEqualTo("task/" + left.id());
    Task task = engine.get(left.id());
    assertThat(task.state()).isEqualTo(TaskState.RUNNING);
    assertThat(task.problem()).isEqualTo(problems.getFirst());
    assertThat(engine.list()).contains(task);
    Await.until("it is told", () -> told.contains(task));
  }

  @Test
  void aTaskOfAnUnknownTypeStaysAndHindersNoOther() throws Exception {
    Task left = leaveInTheMiddle();
    var other = new TaskType<>("other", Other.class, List.of(new Nothing("only")), true);
    try (var engine = engine(store, other)) {
      checkStranded(engine, left, "no task type scripted");
      Task task = engine.submit("other", new Other(1), "vm/web2");
      assertThat(engine.await(task.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      refused(Code.CONFLICT, () -> engine.submitExclusive("other", new Other(1), WEB1));
    }
    var script = new Scripted();
    script.release();
    try (var engine = engine(store, script.type())) {
      assertThat(engine.resume()).isEmpty();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
    }
  }

  @Test
  void aTaskWhoseStepsHaveChangedStays() throws Exception {
    Task left = leaveInTheMiddle();
    var changed = new TaskType<>(Scripted.TYPE, Other.class, List.of(new Nothing("a")), true);
    try (var engine = engine(store, changed)) {
      checkStranded(engine, left, "no task type scripted of version 1 with its steps");
    }
  }

  /** The same kind of task in three versions: the middle one cannot be finished any more. */
  private static TaskType<Other> third(Scripted first, Scripted second) {
    TaskType<Scripted.Input> before = first.type().undoneWhenFound();
    TaskType<Scripted.Input> between = second.type().after(before);
    return new TaskType<>(Scripted.TYPE, Other.class, List.of(new Nothing("only")), true)
        .after(between);
  }

  @Test
  void aTaskOfAnEarlierVersionIsFinishedByItsOwnSteps() throws Exception {
    var begun = new Scripted();
    Task left;
    try (var engine = engine(store, begun.type().after(new Scripted().type()))) {
      left = engine.submitExclusive(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      begun.awaitWaiting();
    }
    var goesOn = new Scripted();
    goesOn.release();
    try (var engine = engine(store, third(new Scripted(), goesOn))) {
      assertThat(engine.resume()).isEmpty();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(goesOn.notes()).containsExactly("run b", "run c");
      Task next = engine.submitExclusive(Scripted.TYPE, new Other(1), WEB1);
      assertThat(engine.await(next.id(), DEADLINE).steps())
          .extracting(Task.TaskStep::name)
          .containsExactly("only");
    }
  }

  @Test
  void aTaskOfANewerVersionStays() throws Exception {
    var newer = new Scripted();
    Task left;
    try (var engine = engine(store, newer.type().after(new Scripted().type()))) {
      left = engine.submitExclusive(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      newer.awaitWaiting();
    }
    var older = new Scripted();
    try (var engine = engine(store, older.type())) {
      checkStranded(engine, left, "no task type scripted of version 2");
      assertThat(older.notes()).isEmpty();
    }
  }

  @Test
  void aTaskOfAVersionThatIsOnlyUndoneIsUndone() throws Exception {
    Task left = leaveInTheMiddle();
    var undoes = new Scripted();
    try (var engine = engine(store, third(undoes, new Scripted()))) {
      assertThat(engine.resume()).isEmpty();
      Task end = engine.await(left.id(), DEADLINE);
      assertThat(end.state()).isEqualTo(TaskState.FAILED);
      assertThat(String.valueOf(end.problem())).contains("earlier version of Kelvin");
      assertThat(undoes.notes()).containsExactly("undo b", "undo a");
    }
  }

  @Test
  void aTaskThatCannotGoOnIsGivenUpWithWhatItLeaves() throws Exception {
    Task left = leaveInTheMiddle();
    var other = new TaskType<>("other", Other.class, List.of(new Nothing("only")), true);
    try (var engine = engine(store, other)) {
      refused(Code.UNAVAILABLE, () -> engine.abandon(left.id())); // it is not looked at yet
      assertThat(engine.resume()).hasSize(1);
      Queue<Task> told = new ConcurrentLinkedQueue<>();
      engine.addListener(news -> told.add(news.task()));
      Task given = engine.abandon(left.id());
      assertThat(given.state()).isEqualTo(TaskState.FAILED);
      assertThat(given.finishedAt()).isNotNull();
      assertThat(given.problem())
          .extracting(Problem::cause)
          .asString()
          .contains("done and not undone: a", "may be half done: b");
      Await.until("it is told", () -> told.contains(given));
      assertThat(engine.get(left.id())).isEqualTo(given);
      assertThat(engine.unattended(left.id())).isEmpty();
      // What it worked on is free, and nothing of it is left to be resumed.
      Task next = engine.submitExclusive("other", new Other(1), WEB1);
      assertThat(engine.await(next.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(store.get("task-input/" + left.id())).isEmpty();
      refused(Code.WRONG_STATE, () -> engine.abandon(left.id()));
      refused(Code.NOT_FOUND, () -> engine.abandon("none"));
    }
    var script = new Scripted();
    try (var engine = engine(store, script.type())) {
      assertThat(engine.resume()).isEmpty();
      assertThat(script.notes()).isEmpty();
    }
  }

  @Test
  void onlyWhatCannotGoOnIsGivenUp() throws Exception {
    var script = new Scripted();
    try (var engine = engine(store, script.type())) {
      assertThat(engine.resume()).isEmpty();
      Task goesOn = engine.submit(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      script.awaitWaiting();
      refused(Code.WRONG_STATE, () -> engine.abandon(goesOn.id()));
      script.release();
      assertThat(engine.await(goesOn.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      var stubborn = new Scripted.Input("b", Way.REFUSE, Integer.MAX_VALUE);
      Task stuck = engine.submitExclusive(Scripted.TYPE, stubborn, WEB1);
      Await.until(
          "it fails",
          () -> String.valueOf(engine.get(stuck.id()).problem()).contains("cannot be undone"));
      Task given = engine.abandon(stuck.id());
      assertThat(given.problem())
          .extracting(Problem::cause)
          .asString()
          .contains("done and not undone: a", "half done: b", "Refused on purpose");
      Task next = engine.submitExclusive(Scripted.TYPE, Scripted.passing(), WEB1);
      assertThat(engine.await(next.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
    }
  }

  @Test
  void aTaskWhoseInputCannotBeReadStays() throws Exception {
    Task left = leaveInTheMiddle();
    store.commit(
        Txn.of(
            StoreConformance.put(
                "task-input/" + left.id(), "{\"v\":1,\"doc\":{\"failingUndos\":\"many\"}}")));
    var script = new Scripted();
    try (var engine = engine(store, script.type())) {
      checkStranded(engine, left, "input");
      assertThat(script.notes()).isEmpty();
    }
  }

  @Test
  void aTaskRecordOfANewerKelvinStaysAndHindersNoOther() throws Exception {
    Task left = leaveInTheMiddle();
    store.commit(Txn.of(StoreConformance.put("task/zz", "{\"v\":2,\"doc\":{\"new\":1}}")));
    var script = new Scripted();
    script.release();
    try (var engine = engine(store, script.type())) {
      List<Problem> problems = engine.resume();
      assertThat(problems).hasSize(1);
      assertThat(problems.getFirst().detail()).contains("newer Kelvin");
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(engine.list()).hasSize(1);
    }
    assertThat(store.get("task/zz")).isPresent();
  }

  @Test
  void aTaskWaitsForAStoreThatCannotBeWritten() throws Exception {
    var broken = new AtomicBoolean();
    var flaky =
        new DyingStore(
            store,
            () -> {
              if (broken.get()) {
                throw Problem.of(Code.HOST_FAILURE, "The store is full").remedy("x").asException();
              }
            });
    var script = new Scripted();
    try (var engine = engine(flaky, script.type())) {
      Task task = engine.submit(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      script.awaitWaiting();
      broken.set(true);
      script.release();
      Await.until("it says so", () -> engine.get(task.id()).problem() != null);
      assertThat(engine.get(task.id()).problem())
          .extracting(Problem::detail)
          .isEqualTo("The store is full");
      broken.set(false);
      Task end = engine.await(task.id(), DEADLINE);
      assertThat(end.state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(end.problem()).isNull();
      assertThat(script.notes()).containsExactly("run a", "run b", "run c");
    }
  }

  @Test
  void aCancelThatIsStoredInTheLastMomentCounts() throws Exception {
    var atNextCommit = new AtomicReference<Runnable>(() -> {});
    var racing = new DyingStore(store, () -> atNextCommit.getAndSet(() -> {}).run());
    var script = new Scripted();
    try (var engine = engine(racing, script.type())) {
      Task task = engine.submit(Scripted.TYPE, new Scripted.Input("c", Way.WAIT, 0), WEB1);
      script.awaitWaiting();
      // Stored, but its engine has not heard of it yet when the last step is done.
      Txn cancel = Txn.of(StoreConformance.put("task-cancel/" + task.id(), ""));
      atNextCommit.set(() -> store.commit(cancel));
      script.release();
      assertThat(engine.await(task.id(), DEADLINE).state()).isEqualTo(TaskState.CANCELLED);
      assertThat(script.notes()).endsWith("undo c", "undo b", "undo a");
    }
    assertThat(store.range("task", null, 9).entries()).hasSize(1);
  }
}
