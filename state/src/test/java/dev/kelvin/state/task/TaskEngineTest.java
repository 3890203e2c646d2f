package dev.kelvin.state.task;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.task.Scripted.noted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.StepState;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Task.TaskStep;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.ManualClock;
import dev.kelvin.state.store.PassingStore;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.Scripted.Way;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskEngineTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final String WEB1 = "vm/web1";

  private final Store store = new MemoryStore();
  private final ManualClock clock = new ManualClock();
  private final Scripted script = new Scripted();
  private final Queue<Task> told = new ConcurrentLinkedQueue<>();
  private final TaskEngine engine = engine(script.type());

  private TaskEngine engine(TaskType<?>... types) {
    var settings =
        new TaskSettings(
            Duration.ofMillis(1),
            Duration.ofMillis(20),
            Duration.ofMinutes(1),
            10,
            Duration.ofDays(7),
            DEADLINE,
            DEADLINE);
    var made = new TaskEngine(store, List.of(types), clock, new TaskIds(clock), settings);
    made.addListener(news -> told.add(news.task()));
    return made;
  }

  @AfterEach
  void close() {
    script.release();
    engine.close();
    store.close();
  }

  private Task ended(Task task) throws InterruptedException {
    Task end = engine.await(task.id(), DEADLINE);
    assertThat(end.state().ended()).as(end.toString()).isTrue();
    return end;
  }

  private static List<StepState> states(Task task) {
    return task.steps().stream().map(TaskStep::state).toList();
  }

  private Task submit(String step, Way way) {
    return engine.submit(Scripted.TYPE, new Scripted.Input(step, way, 0), WEB1);
  }

  @Test
  void runsTheStepsInOrder() throws Exception {
    Task begun = engine.submit(Scripted.TYPE, Scripted.passing(), WEB1);
    assertThat(begun.state()).isEqualTo(TaskState.RUNNING);
    assertThat(states(begun))
        .containsExactly(StepState.RUNNING, StepState.PENDING, StepState.PENDING);
    clock.advance(Duration.ofSeconds(1));
    Task task = ended(begun);
    assertThat(task.state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(states(task)).containsOnly(StepState.DONE);
    assertThat(task.steps()).extracting(TaskStep::name).containsExactly("a", "b", "c");
    assertThat(task.object()).isEqualTo(WEB1);
    assertThat(task.type()).isEqualTo(Scripted.TYPE);
    assertThat(task.result()).isEqualTo("scripted/c");
    assertThat(task.problem()).isNull();
    assertThat(task.progress()).isNull();
    assertThat(task.finishedAt()).isAfterOrEqualTo(task.createdAt());
    assertThat(script.notes()).isEqualTo(noted("run", "a", "b", "c"));
    assertThat(engine.get(task.id())).isEqualTo(task);
    assertThat(engine.list()).containsExactly(task);
  }

  /** All that it writes once it has begun may use what is kept in reserve. */
  @Test
  void onlyTheBeginningOfATaskThatTakesSpaceIsRefusedOnAFullDisk() throws Exception {
    var sparing = new ConcurrentLinkedQueue<Boolean>();
    var noting =
        new PassingStore(store) {
          @Override
          public Result commit(Txn txn) {
            sparing.add(txn.sparing());
            return super.commit(txn);
          }
        };
    var type = script.type().takingSpace(input -> input.way() == Way.PASS);
    try (var other = new TaskEngine(noting, List.of(type), clock)) {
      other.await(other.submit(Scripted.TYPE, Scripted.passing(), WEB1).id(), DEADLINE);
      assertThat(sparing.poll()).isTrue();
      assertThat(sparing).isNotEmpty().containsOnly(false);
      sparing.clear();
      Task frees = other.submit(Scripted.TYPE, new Scripted.Input("a", Way.REFUSE, 0), WEB1);
      other.await(frees.id(), DEADLINE);
      assertThat(sparing).isNotEmpty().containsOnly(false);
    }
  }

  /** Only damage leaves such a lock; it must not hold up whoever comes next, and for ever. */
  @Test
  void aLockOfATaskThatIsNotThereIsPassedOver() throws Exception {
    store.commit(Txn.of(StoreConformance.put("task-lock/" + WEB1, "no-such-task")));
    Task task = ended(engine.submitExclusive(Scripted.TYPE, Scripted.passing(), WEB1));
    assertThat(task.state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(store.get("task-lock/" + WEB1)).isEmpty();
  }

  @Test
  void forgetsInputAndMemoryAtTheEnd() throws Exception {
    ended(engine.submitExclusive(Scripted.TYPE, Scripted.passing(), WEB1));
    List<Entry> left = store.range("", null, 99).entries();
    assertThat(left).hasSize(1);
    assertThat(left.getFirst().key()).startsWith("task/");
    assertThat(new String(left.getFirst().value(), StandardCharsets.UTF_8))
        .doesNotContain("was here");
  }

  @Test
  void tellsListenersEachStep() throws Exception {
    Task task = ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    Await.until("the end is told", () -> told.contains(task));
    List<List<StepState>> seen = told.stream().map(TaskEngineTest::states).distinct().toList();
    assertThat(seen)
        .containsExactly(
            List.of(StepState.RUNNING, StepState.PENDING, StepState.PENDING),
            List.of(StepState.DONE, StepState.RUNNING, StepState.PENDING),
            List.of(StepState.DONE, StepState.DONE, StepState.RUNNING),
            List.of(StepState.DONE, StepState.DONE, StepState.DONE));
    assertThat(told.stream().filter(news -> news.progress() != null))
        .as("one in a minute")
        .hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void aListenerThatFailsHarmsNobody() throws Exception {
    engine.addListener(task -> {
      throw new IllegalStateException("on purpose");
    });
    Queue<Task> after = new ConcurrentLinkedQueue<>();
    engine.addListener(news -> after.add(news.task()));
    Task task = ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    Await.until("the end is told", () -> after.contains(task));
  }

  /** A client that goes on with news after a list must be able to tell which of them it has. */
  @Test
  void newsAreNumberedAndASnapshotSaysWhichOfThemItHas() throws Exception {
    Queue<TaskNews> told = new ConcurrentLinkedQueue<>();
    engine.addListener(told::add);
    Task task = ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    TaskEngine.Snapshot all = engine.snapshot();
    assertThat(all.tasks()).containsExactly(task);
    assertThat(engine.pulse().get(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    assertThat(told).extracting(TaskNews::sequence).isSorted().doesNotHaveDuplicates();
    assertThat(told).extracting(TaskNews::revision).isSorted();
    assertThat(told).allMatch(news -> news.sequence() <= all.upTo());
    assertThat(List.copyOf(told).getLast().task()).isEqualTo(task);
  }

  @Test
  void aListenerThatHangsLetsNoPulseThrough() throws Exception {
    var hangs = new java.util.concurrent.CountDownLatch(1);
    engine.addListener(task -> {
      try {
        hangs.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    var pulse = engine.pulse();
    assertThat(pulse).isNotDone();
    hangs.countDown();
    assertThat(pulse.get(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void showsProgressWithoutStoringIt() throws Exception {
    Task task = submit("b", Way.WAIT);
    script.awaitWaiting();
    Task now = engine.get(task.id());
    assertThat(now.progress()).isEqualTo(new Task.Progress(1, 4, "bytes", "in b"));
    assertThat(engine.list()).containsExactly(now);
    assertThat(store.get("task/" + task.id()).orElseThrow().value())
        .asString()
        .doesNotContain("in b");
    script.release();
    ended(task);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "c"})
  void aFailedStepAndThoseBeforeItAreUndone(String failing) throws Exception {
    Task task = ended(submit(failing, Way.REFUSE));
    assertThat(task.state()).isEqualTo(TaskState.FAILED);
    int index = "abc".indexOf(failing);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i <= index; i++) {
      expected.add("run " + "abc".charAt(i));
    }
    for (int i = index; i >= 0; i--) {
      expected.add("undo " + "abc".charAt(i));
    }
    assertThat(script.notes()).isEqualTo(expected);
    for (int i = 0; i < 3; i++) {
      assertThat(states(task).get(i))
          .isEqualTo(
              i < index ? StepState.UNDONE : i == index ? StepState.FAILED : StepState.PENDING);
    }
    assertThat(task.problem())
        .isEqualTo(Problem.of(Code.HOST_FAILURE, "Refused on purpose").remedy("none").on(WEB1));
  }

  @ParameterizedTest
  @EnumSource(
      value = Way.class,
      names = {"BREAK", "ERR"})
  void whateverAStepThrowsFailsItsTask(Way way) throws Exception {
    Task task = ended(submit("b", way));
    assertThat(task.state()).isEqualTo(TaskState.FAILED);
    assertThat(task.problem()).extracting(Problem::code).isEqualTo(Code.INTERNAL);
    assertThat(task.problem()).extracting(Problem::cause).asString().contains("on purpose");
    assertThat(script.notes()).endsWith("undo b", "undo a");
  }

  @Test
  void anUndoThatFailsIsTriedAgain() throws Exception {
    Task task = engine.submitExclusive(Scripted.TYPE, new Scripted.Input("b", Way.REFUSE, 6), WEB1);
    Task end = ended(task);
    assertThat(end.state()).isEqualTo(TaskState.FAILED);
    assertThat(end.problem()).extracting(Problem::detail).isEqualTo("Refused on purpose");
    assertThat(script.notes())
        .containsExactly(
            "run a", "run b", "undo b", "undo b", "undo b", "undo b", "undo b", "undo b", "undo b",
            "undo a");
    Await.until("the end is told", () -> told.contains(end));
    assertThat(told)
        .as("meanwhile it said why it is not undone yet")
        .anySatisfy(news -> {
          assertThat(news.state()).isEqualTo(TaskState.UNDOING);
          assertThat(news.problem()).isNotNull();
          assertThat(news.problem().detail()).contains("Not undone on purpose");
          assertThat(news.problem().cause())
              .contains("the test says so")
              .contains("Refused on purpose");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "c"})
  void cancellingInterruptsTheStepAndUndoes(String step) throws Exception {
    Task task = submit(step, Way.WAIT);
    script.awaitWaiting();
    engine.cancel(task.id());
    Task end = ended(task);
    assertThat(end.state()).isEqualTo(TaskState.CANCELLED);
    assertThat(end.problem()).extracting(Problem::code).isEqualTo(Code.CANCELLED);
    int index = "abc".indexOf(step);
    for (int i = 0; i < 3; i++) {
      assertThat(states(end).get(i)).isEqualTo(i <= index ? StepState.UNDONE : StepState.PENDING);
    }
    assertThat(script.notes()).endsWith("undo a").contains("undo " + step);
    assertThat(store.range("task", null, 99).entries()).hasSize(1);
  }

  @Test
  void aStepThatDoesNotReactIsUndoneWhenItEnds() throws Exception {
    Task task = submit("c", Way.WAIT_DEAF);
    script.awaitWaiting();
    engine.cancel(task.id());
    assertThat(engine.get(task.id()).state()).isEqualTo(TaskState.RUNNING);
    script.release();
    assertThat(ended(task).state()).isEqualTo(TaskState.CANCELLED);
    assertThat(script.notes()).endsWith("undo c", "undo b", "undo a");
  }

  @Test
  void whatCannotBeCancelledSaysSo() throws Exception {
    refused(Code.NOT_FOUND, () -> engine.cancel("0123"));
    Task done = ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    assertThat(refused(Code.WRONG_STATE, () -> engine.cancel(done.id())).cause())
        .contains("succeeded");
    var other = new Scripted();
    try (var strict = engine(other.type(false))) {
      Task task = strict.submit(Scripted.TYPE, new Scripted.Input("a", Way.WAIT, 0), WEB1);
      other.awaitWaiting();
      assertThat(task.cancellable()).isFalse();
      refused(Code.WRONG_STATE, () -> strict.cancel(task.id()));
      other.release();
      assertThat(strict.await(task.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
    }
  }

  @Test
  void cancellingWhatIsBeingUndoneLetsItGoOn() throws Exception {
    Task task =
        engine.submit(Scripted.TYPE, new Scripted.Input("b", Way.REFUSE, Integer.MAX_VALUE), WEB1);
    Await.until("it is undone", () -> engine.get(task.id()).state() == TaskState.UNDOING);
    assertThat(engine.cancel(task.id()).state()).isEqualTo(TaskState.UNDOING);
    assertThat(engine.await(task.id(), Duration.ofMillis(1)).state()).isEqualTo(TaskState.UNDOING);
  }

  @Test
  void twoExclusiveTasksDoNotMeetOnAnObject() throws Exception {
    var wait = new Scripted.Input("a", Way.WAIT, 0);
    Task first = engine.submitExclusive(Scripted.TYPE, wait, WEB1);
    script.awaitWaiting();
    Problem problem =
        refused(
            Code.CONFLICT, () -> engine.submitExclusive(Scripted.TYPE, Scripted.passing(), WEB1));
    assertThat(problem.object()).isEqualTo(WEB1);
    assertThat(problem.cause()).contains(first.id()).contains(Scripted.TYPE).contains("running");
    assertThat(engine.list()).extracting(Task::id).containsExactly(first.id());
    ended(engine.submitExclusive(Scripted.TYPE, Scripted.passing(), "vm/web2"));
    ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    script.release();
    ended(first);
    ended(engine.submitExclusive(Scripted.TYPE, new Scripted.Input("a", Way.REFUSE, 0), WEB1));
    ended(engine.submitExclusive(Scripted.TYPE, Scripted.passing(), WEB1));
  }

  @Test
  void manyTasksRunAtOnce() throws Exception {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      tasks.add(engine.submitExclusive(Scripted.TYPE, Scripted.passing(), "vm/" + i));
    }
    for (Task task : tasks) {
      // Some are forgotten already: only ten are kept.
      assertThat(engine.find(task.id()).map(Task::state))
          .isNotEqualTo(Optional.of(TaskState.FAILED));
    }
    Await.until("all have run", () -> script.notes().size() == 600);
    Await.until(
        "all have ended", () -> engine.list().stream().allMatch(task -> task.state().ended()));
  }

  @Test
  void mistakesOfTheCallerAreTold() {
    assertThatThrownBy(() -> engine.submit("unknown", Scripted.passing(), WEB1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> engine.submit(Scripted.TYPE, "text", WEB1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> engine(script.type(), script.type()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TaskType<>("empty", String.class, List.of(), true))
        .isInstanceOf(IllegalArgumentException.class);
    refused(Code.NOT_FOUND, () -> engine.get("0123"));
    refused(Code.NOT_FOUND, () -> engine.await("no/such\ntask", DEADLINE));
  }

  @Test
  void idsSortByTime() {
    var ids = new TaskIds(clock);
    String first = ids.get();
    clock.advance(Duration.ofMillis(1));
    String second = ids.get();
    assertThat(first).hasSize(20).isLessThan(second).matches("[0-9a-f]+");
  }

  @Test
  void oldTasksAreForgotten() throws Exception {
    Task old = ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    clock.advance(Duration.ofDays(8));
    Task fresh = ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    engine.resume();
    refused(Code.NOT_FOUND, () -> engine.get(old.id()));
    assertThat(engine.get(fresh.id())).isEqualTo(fresh);
    for (int i = 0; i < 15; i++) {
      clock.advance(Duration.ofSeconds(1));
      ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    }
    List<Task> all = engine.list();
    engine.resume();
    assertThat(engine.list()).isEqualTo(all.subList(all.size() - 10, all.size()));
  }

  @Test
  void oldTasksAreForgottenWhileItRuns() throws Exception {
    for (int i = 0; i < 60; i++) {
      clock.advance(Duration.ofSeconds(1));
      ended(engine.submit(Scripted.TYPE, Scripted.passing(), WEB1));
    }
    Await.until("the first ones are forgotten", () -> engine.list().size() <= 20);
    assertThat(engine.list()).hasSizeGreaterThanOrEqualTo(10);
  }
}
