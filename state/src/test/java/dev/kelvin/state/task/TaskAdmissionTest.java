package dev.kelvin.state.task;

import static dev.kelvin.state.store.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.StateReport;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.state.backup.StateScan;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.ManualClock;
import dev.kelvin.state.store.PassingStore;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.SilentStore;
import dev.kelvin.state.store.SilentStore.Fate;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.Scripted.Way;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What is told of a task, and what becomes of it, when the store's answers are lost. */
class TaskAdmissionTest {
  /** Drafts count as keys of tasks here, none of which may be left. */
  private static final Collection.Form<Scripted.Input> DRAFTS =
      Collection.Form.first("task-draft/", Scripted.Input.class);

  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final String WEB1 = "vm/web1";

  private final MemoryStore behind = new MemoryStore();
  private final SilentStore store = new SilentStore(behind);
  private final ManualClock clock = new ManualClock();
  private final Scripted script = new Scripted();

  @AfterEach
  void close() {
    script.release();
    store.close();
  }

  private static TaskType<Scripted.Input> drafted(Scripted steps) {
    return steps.type().drafted(DRAFTS);
  }

  private TaskEngine engine(Store in, Scripted steps, Duration patience) {
    var settings =
        new TaskSettings(
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ZERO,
            100,
            Duration.ofDays(7),
            DEADLINE,
            patience);
    return new TaskEngine(in, List.of(drafted(steps)), clock, new TaskIds(clock), settings);
  }

  private Task submit(TaskEngine engine) {
    return engine.submitExclusive(Scripted.TYPE, Scripted.passing(), WEB1);
  }

  private List<String> keys() {
    return behind.range("", null, 99).entries().stream().map(Entry::key).toList();
  }

  private List<StateReport.Finding> findings(TaskEngine engine) {
    var scan = new StateScan(store);
    scan.checkDrafts(DRAFTS);
    scan.checkTasks(engine::unattended);
    return scan.done().findings();
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "ANSWERED")
  void oneWhoseAnswerWasLostRunsOnceAndIsAccepted(Fate fate) throws Exception {
    try (var engine = engine(store, script, DEADLINE)) {
      store.next(fate, fate, fate);
      Task task = submit(engine);
      store.deliver();
      assertThat(engine.await(task.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(script.notes()).containsExactly("run a", "run b", "run c");
      store.deliver();
      assertThat(keys()).containsExactly("task/" + task.id());
    }
  }

  /** What is told as unknown is not carried out behind the user's back, at no later time. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "ANSWERED")
  void oneThatIsNotKnownInTimeNeverRuns(Fate fate) throws Exception {
    String id;
    try (var engine = engine(store, script, Duration.ofMillis(30))) {
      store.always(fate);
      Problem told = refused(Code.UNAVAILABLE, () -> submit(engine));
      assertThat(told.object()).startsWith("task/");
      id = String.valueOf(told.object()).substring("task/".length());
      assertThat(told.remedy()).contains("kelvin task show " + id);
      store.always(Fate.ANSWERED);
      assertThat(engine.await(id, DEADLINE).state()).isEqualTo(TaskState.FAILED);
      assertThat(engine.get(id).problem()).extracting(Problem::detail).asString().contains("with");
      store.deliver();
      assertThat(keys()).containsExactly("task/" + id);
      assertThat(findings(engine)).isEmpty();
      Task next = submit(engine); // the object is free
      assertThat(engine.await(next.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
    }
    assertThat(script.notes()).containsExactly("run a", "run b", "run c");
    try (var later = engine(store, script, DEADLINE)) {
      later.resume();
      assertThat(later.get(id).state()).isEqualTo(TaskState.FAILED);
    }
    assertThat(script.notes()).hasSize(3);
  }

  /** Answers are lost until the daemon ends: it withdraws the task as its last act. */
  @Test
  void anEngineThatEndsWithdrawsWhatIsNotKnown() {
    try (var engine = engine(store, script, Duration.ofMillis(5))) {
      store.always(Fate.MADE);
      refused(Code.UNAVAILABLE, () -> submit(engine));
    }
    store.always(Fate.ANSWERED);
    try (var later = engine(store, script, DEADLINE)) {
      assertThat(later.resume()).isEmpty();
      assertThat(later.list()).extracting(Task::state).containsExactly(TaskState.FAILED);
    }
    assertThat(script.notes()).isEmpty();
    assertThat(keys()).hasSize(1);
  }

  @Test
  void oneThatIsNotKnownIsShownAndCanBeCancelled() throws Exception {
    try (var engine = engine(store, script, DEADLINE)) {
      store.always(Fate.LOST);
      var told = new java.util.concurrent.LinkedBlockingQueue<Task>();
      engine.addListener(news -> told.add(news.task()));
      var submitter = Thread.ofVirtual().start(() -> refused(Code.CANCELLED, () -> submit(engine)));
      Task seen = told.take();
      assertThat(seen.state()).isEqualTo(TaskState.PENDING);
      Await.until("it says why", () -> engine.get(seen.id()).problem() != null);
      engine.cancel(seen.id());
      submitter.join();
      store.always(Fate.ANSWERED);
      assertThat(engine.await(seen.id(), DEADLINE).state()).isEqualTo(TaskState.CANCELLED);
      assertThat(script.notes()).isEmpty();
    }
  }

  /** Another one got the object meanwhile; the lost one must not take effect after it. */
  @Test
  void oneThatLosesAgainstAnotherIsRefusedForGood() throws Exception {
    var first = new Scripted();
    try (var engine = engine(store, script, DEADLINE);
        var other = engine(behind, first, DEADLINE)) {
      store.next(Fate.LATE, Fate.LOST);
      Task holder =
          other.submitExclusive(Scripted.TYPE, new Scripted.Input("a", Way.WAIT, 0), WEB1);
      first.awaitWaiting();
      refused(Code.CONFLICT, () -> submit(engine));
      first.release();
      assertThat(other.await(holder.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      Await.until(
          "it is withdrawn",
          () ->
              engine.list().size() == 2
                  && engine.list().stream().allMatch(one -> one.state().ended()));
      store.deliver();
      assertThat(engine.list()).allMatch(task -> task.state().ended());
      assertThat(keys()).noneMatch(key -> key.startsWith("task-"));
      assertThat(script.notes()).isEmpty();
    }
  }

  /**
   * An end that was stored, but not answered, is stored again: the lock may be another's by now.
   */
  @Test
  void anEndThatIsRepeatedTakesNobodyElsesLock() throws Exception {
    var storage = new TaskStorage(behind);
    var type = drafted(script);
    TaskRecord mine = TaskRecord.begin("01", type, WEB1, true, clock.instant());
    var inputs = new TaskInputs(behind, storage);
    long revision = storage.create(mine, inputs.write(type, mine, Scripted.passing()), false);
    TaskRecord ended = mine.withdrawn(Problem.of(Code.CANCELLED, "x"), clock.instant());
    assertThat(storage.end(ended, revision, false)).isTrue();
    TaskRecord others = TaskRecord.begin("02", type, WEB1, true, clock.instant());
    storage.create(others, inputs.write(type, others, Scripted.passing()), false);
    assertThat(storage.end(ended, revision, false)).isTrue();
    storage.withdraw(ended);
    assertThat(behind.get("task-lock/" + WEB1))
        .hasValueSatisfying(lock -> assertThat(lock.value()).asString().isEqualTo("02"));
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "ANSWERED")
  void everyWriteOfATaskMayLoseItsAnswer(Fate fate) throws Exception {
    for (int lost = 0; lost < 12; lost++) {
      var steps = new Scripted();
      try (var engine = engine(store, steps, DEADLINE)) {
        var fates = new Fate[lost + 1];
        java.util.Arrays.fill(fates, Fate.ANSWERED);
        fates[lost] = fate;
        store.next(fates);
        Task task = submit(engine);
        Task end = engine.await(task.id(), DEADLINE);
        store.deliver();
        assertThat(end.state().ended()).isTrue();
        Await.until("it is gone", () -> engine.unattended(task.id()).isEmpty());
        assertThat(engine.get(task.id())).isEqualTo(end);
        assertThat(keys()).noneMatch(key -> key.startsWith("task-"));
        assertThat(findings(engine)).isEmpty();
      }
      store.always(Fate.ANSWERED);
    }
  }

  @Test
  void aLockOfATaskThatHasEndedIsPassedOver() throws Exception {
    try (var engine = engine(store, script, DEADLINE)) {
      Task ended = engine.await(submit(engine).id(), DEADLINE);
      store.commit(Txn.of(StoreConformance.put("task-lock/" + WEB1, ended.id())));
      assertThat(findings(engine)).hasSize(1);
      assertThat(engine.await(submit(engine).id(), DEADLINE).state())
          .isEqualTo(TaskState.SUCCEEDED);
      assertThat(keys()).noneMatch(key -> key.startsWith("task-"));
    }
  }

  @Test
  void resumingWaitsForTheStore() throws Exception {
    Task left;
    try (var engine = engine(store, script, DEADLINE)) {
      left = engine.submitExclusive(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      script.awaitWaiting();
    }
    var out = new AtomicBoolean(true);
    var flaky =
        new PassingStore(behind) {
          @Override
          public Optional<Entry> get(String key) {
            check();
            return super.get(key);
          }

          @Override
          public Range range(String prefix, @Nullable String after, int limit, long revision) {
            check();
            return super.range(prefix, after, limit, revision);
          }

          private void check() {
            if (out.get()) {
              throw Problem.of(Code.UNAVAILABLE, "The store does not answer").asException();
            }
          }
        };
    var steps = new Scripted();
    try (var engine = engine(flaky, steps, DEADLINE)) {
      steps.release();
      Thread resuming = Thread.ofVirtual().start(engine::resume);
      assertThat(resuming.join(Duration.ofMillis(50))).isFalse();
      out.set(false);
      assertThat(resuming.join(DEADLINE)).isTrue();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(steps.notes()).containsExactly("run b", "run c");
    }
  }

  @Test
  void anEngineThatEndsWaitsNoMoreForTheStore() throws Exception {
    var out =
        new PassingStore(behind) {
          @Override
          public Range range(String prefix, @Nullable String after, int limit, long revision) {
            throw Problem.of(Code.UNAVAILABLE, "The store does not answer").asException();
          }
        };
    Thread resuming;
    try (var engine = engine(out, script, DEADLINE)) {
      resuming = Thread.ofVirtual().start(engine::resume);
    }
    assertThat(resuming.join(DEADLINE)).isTrue();
  }

  @Test
  void whatNobodyRunsIsFoundAndCanBeCancelled() throws Exception {
    try (var engine = engine(store, script, DEADLINE)) {
      engine.resume();
      // As a daemon of before left it, which was told nothing of its own submission.
      TaskRecord stray = TaskRecord.begin("01", drafted(script), WEB1, true, clock.instant());
      var storage = new TaskStorage(behind);
      var inputs = new TaskInputs(behind, storage);
      storage.create(stray, inputs.write(drafted(script), stray, Scripted.passing()), false);
      assertThat(findings(engine))
          .hasSize(1)
          .first()
          .satisfies(found -> {
            assertThat(found.key()).isEqualTo("task/01");
            assertThat(found.fault()).contains("nobody runs it");
            assertThat(found.repair()).contains("kelvin task cancel 01");
          });
      engine.cancel("01");
      assertThat(engine.await("01", DEADLINE).state()).isEqualTo(TaskState.CANCELLED);
      Await.until("it is gone", () -> findings(engine).isEmpty());
    }
  }
}
