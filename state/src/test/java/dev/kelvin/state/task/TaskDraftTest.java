package dev.kelvin.state.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.state.backup.StateScan;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.ManualClock;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.Scripted.Way;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tasks that are about a document of a collection, which is there as long as they are under way.
 */
class TaskDraftTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final String WEB1 = "vm/web1";
  private static final Collection.Form<Scripted.Input> FORM =
      Collection.Form.first("/drafts/", Scripted.Input.class);

  private final Store store = new MemoryStore();
  private final ManualClock clock = new ManualClock();

  private TaskEngine engine(TaskType<?>... types) {
    return new TaskEngine(store, List.of(types), clock);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static TaskType<Scripted.Input> drafted(Scripted script) {
    return script.type().drafted(FORM);
  }

  private String text(String key) {
    return store
        .get(key)
        .map(entry -> new String(entry.value(), StandardCharsets.UTF_8))
        .orElse("");
  }

  private Task leaveInTheMiddle(TaskType<?> type, Scripted script) throws InterruptedException {
    try (var engine = engine(type)) {
      Task task = engine.submitExclusive(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      script.awaitWaiting();
      return task;
    }
  }

  private Task leaveInTheMiddle() throws InterruptedException {
    var script = new Scripted();
    return leaveInTheMiddle(drafted(script), script);
  }

  private List<StateScanFinding> findings() {
    var scan = new StateScan(store);
    scan.checkDrafts(FORM);
    scan.checkTasks(id -> Optional.empty());
    return scan.done().findings().stream()
        .map(one -> new StateScanFinding(one.key(), one.fault()))
        .toList();
  }

  private record StateScanFinding(String key, String fault) {}

  @Test
  void theInputNamesTheDraftAndBothAreForgottenTogether() throws Exception {
    var script = new Scripted();
    try (var engine = engine(drafted(script))) {
      Task task = engine.submitExclusive(Scripted.TYPE, new Scripted.Input("b", Way.WAIT, 0), WEB1);
      script.awaitWaiting();
      String key = "/drafts/" + task.id();
      assertThat(text("task-input/" + task.id()))
          .isEqualTo("{\"v\":1,\"doc\":{\"draft\":\"" + key + "\"}}");
      assertThat(Documents.tree(text(key).getBytes(StandardCharsets.UTF_8)).get("doc").toString())
          .isEqualTo("{\"step\":\"b\",\"way\":\"WAIT\",\"failingUndos\":0}");
      assertThat(store.get(key).orElseThrow().createRevision())
          .as("the transaction that begins the task")
          .isEqualTo(store.get("task/" + task.id()).orElseThrow().createRevision());
      assertThat(findings()).isEmpty();

      script.release();
      assertThat(engine.await(task.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(store.get(key)).isEmpty();
      assertThat(store.get("task-input/" + task.id())).isEmpty();
    }
  }

  @Test
  void theNextEngineGoesOnWithTheDraft() throws Exception {
    Task left = leaveInTheMiddle();
    assertThat(store.get("/drafts/" + left.id())).isPresent();
    var script = new Scripted();
    script.release();
    try (var engine = engine(drafted(script))) {
      assertThat(engine.resume()).isEmpty();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(script.notes()).containsExactly("run b", "run c");
      assertThat(store.get("/drafts/" + left.id())).isEmpty();
    }
  }

  @Test
  void aTaskThatIsUndoneForgetsItToo() throws Exception {
    Task left = leaveInTheMiddle();
    var script = new Scripted();
    try (var engine = engine(drafted(script))) {
      engine.cancel(left.id());
      engine.resume();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.CANCELLED);
      assertThat(script.notes()).containsExactly("undo b", "undo a");
      assertThat(store.get("/drafts/" + left.id())).isEmpty();
    }
  }

  record Renamed(String where, Way way) {}

  /** The point of it: a draft has versions of its own, whatever version its task is of. */
  @Test
  void aDraftOfAnEarlierVersionIsUpgraded() throws Exception {
    Task left = leaveInTheMiddle();
    var script = new Scripted();
    script.release();
    var newer =
        new Collection.Form<>(
            "/drafts/",
            Renamed.class,
            2,
            Map.of(
                1,
                doc ->
                    Documents.tree(
                        Map.of(
                            "where",
                            doc.get("step").asString(),
                            "way",
                            doc.get("way").asString()))));
    Function<Renamed, Scripted.Input> meaning =
        now -> new Scripted.Input(now.where(), now.way(), 0);
    TaskType<Scripted.Input> before = script.type();
    List<Step<Renamed>> steps = before.steps().stream().map(step -> step.given(meaning)).toList();
    try (var engine =
        engine(new TaskType<>(Scripted.TYPE, Renamed.class, steps, true).drafted(newer))) {
      assertThat(engine.resume()).isEmpty();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(script.notes()).containsExactly("run b", "run c");
    }
  }

  /** As every task was stored before there were drafts. */
  @Test
  void aTaskWhoseInputHasAllOfItGoesOnBesideThem() throws Exception {
    var begun = new Scripted();
    Task left = leaveInTheMiddle(begun.type(), begun);
    assertThat(text("task-input/" + left.id())).contains("\"step\":\"b\"");
    var script = new Scripted();
    script.release();
    try (var engine = engine(drafted(new Scripted()).after(script.type()))) {
      assertThat(engine.resume()).isEmpty();
      assertThat(engine.await(left.id(), DEADLINE).state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(script.notes()).containsExactly("run b", "run c");
    }
  }

  @Test
  void aTaskThatIsGivenUpListsItsDraftAndForgetsIt() throws Exception {
    Task other = leaveInTheMiddle();
    try (var engine = engine()) {
      assertThat(engine.resume()).hasSize(1);
      Task given = engine.abandon(other.id());
      assertThat(given.problem())
          .extracting(Problem::cause)
          .asString()
          .contains("done and not undone: a", "is forgotten: /drafts/" + other.id());
      assertThat(store.get("/drafts/" + other.id())).isEmpty();
    }
  }

  @Test
  void aTaskWhoseDraftIsGoneStaysAndSaysSo() throws Exception {
    Task left = leaveInTheMiddle();
    store.commit(Txn.of(Op.delete("/drafts/" + left.id())));
    assertThat(findings())
        .contains(new StateScanFinding("task/" + left.id(), "it is under way and has no draft"));
    requireStranded(left, "its draft /drafts/" + left.id() + " is not there");
  }

  @Test
  void aDraftOfALaterVersionIsNotRead() throws Exception {
    Task left = leaveInTheMiddle();
    store.commit(
        Txn.of(StoreConformance.put("/drafts/" + left.id(), "{\"v\":2,\"doc\":{\"a\":1}}")));
    requireStranded(left, "newer Kelvin");
  }

  private void requireStranded(Task left, String why) {
    try (var engine = engine(drafted(new Scripted()))) {
      List<Problem> problems = engine.resume();
      assertThat(problems).hasSize(1);
      assertThat(problems.getFirst().cause()).contains(why);
      engine.abandon(left.id());
      assertThat(store.get("/drafts/" + left.id())).isEmpty();
    }
  }

  /** A Kelvin from before drafts ends tasks, and leaves theirs. */
  @Test
  void aDraftWithoutATaskIsToldAndRemovedByTheNextDaemon() throws Exception {
    Task left = leaveInTheMiddle();
    store.commit(Txn.of(StoreConformance.put("/drafts/gone", "{\"v\":1,\"doc\":{}}")));
    assertThat(findings())
        .contains(new StateScanFinding("/drafts/gone", "task gone is not there"))
        .noneMatch(one -> one.key().equals("/drafts/" + left.id()));
    var script = new Scripted();
    try (var engine = engine(drafted(script))) {
      assertThat(engine.resume()).isEmpty();
      script.awaitWaiting();
      assertThat(store.get("/drafts/gone")).isEmpty();
      assertThat(store.get("/drafts/" + left.id())).isPresent();
      script.release();
      engine.await(left.id(), DEADLINE);
    }
  }
}
