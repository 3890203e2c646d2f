package dev.kelvin.server.local.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import dev.kelvin.state.task.TaskEngine;
import dev.kelvin.state.task.TaskNews;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a client is told of a task never goes backwards. */
class TaskWatchesTest {
  private static final Query ALL = Query.all();

  private final AtomicLong revision = new AtomicLong(50);
  private final TaskWatches watches = new TaskWatches(revision::get);

  private static Task task(String id, TaskState state) {
    @Nullable Progress progress = null;
    @Nullable Problem problem = null;
    return new Task(
        id,
        "vm.start",
        "vm/" + id,
        state,
        List.of(),
        progress,
        problem,
        null,
        true,
        Instant.EPOCH,
        null);
  }

  private static List<String> told(Subscription from) throws InterruptedException {
    var all = new ArrayList<String>();
    for (Item item = from.next(Duration.ZERO); item != null; item = from.next(Duration.ZERO)) {
      var task = (Task) item.data();
      all.add(item.id() + " " + task.id() + " " + task.state().wire());
    }
    return all;
  }

  @Test
  void newsThatTheListHasAlreadyAreNotToldAgain() throws InterruptedException {
    try (Subscription watch =
        watches.begin(
            ALL,
            () -> {
              // While the list is being made: one that it has, and one that it has not.
              watches.told(new TaskNews(task("a", TaskState.PENDING), 6, 48));
              watches.told(new TaskNews(task("b", TaskState.SUCCEEDED), 8, 51));
              return new TaskEngine.Snapshot(
                  7, 8, List.of(task("a", TaskState.RUNNING), task("b", TaskState.RUNNING)));
            })) {
      watches.told(new TaskNews(task("a", TaskState.PENDING), 7, 49));
      watches.told(new TaskNews(task("a", TaskState.SUCCEEDED), 9, 52));
      assertThat(told(watch))
          .containsExactly("50 a running", "50 b running", "51 b succeeded", "52 a succeeded");
    }
    assertThat(watches.count()).isZero();
  }

  /** The list is made while tasks go on, and news wait to be told. */
  @Test
  void newsThatAreOlderThanTheListAreNotTold() throws InterruptedException {
    try (Subscription watch =
        watches.begin(
            ALL,
            () -> {
              watches.told(new TaskNews(task("a", TaskState.RUNNING), 11, 48));
              return new TaskEngine.Snapshot(
                  10, 13, List.of(task("a", TaskState.SUCCEEDED), task("b", TaskState.PENDING)));
            })) {
      watches.told(new TaskNews(task("b", TaskState.RUNNING), 12, 51));
      watches.told(new TaskNews(task("a", TaskState.SUCCEEDED), 13, 52));
      watches.told(new TaskNews(task("b", TaskState.SUCCEEDED), 14, 53));
      assertThat(told(watch))
          .containsExactly(
              "50 a succeeded", "50 b pending", "51 b running", "52 a succeeded", "53 b succeeded");
    }
  }

  @Test
  void theIdsAreRevisionsOfTheStoreAndNeverFall() throws InterruptedException {
    try (Subscription watch = watches.begin(ALL, () -> new TaskEngine.Snapshot(0, 0, List.of()))) {
      watches.told(new TaskNews(task("a", TaskState.PENDING), 1, 0));
      watches.told(new TaskNews(task("a", TaskState.RUNNING), 2, 60));
      watches.told(new TaskNews(task("b", TaskState.RUNNING), 3, 55));
      assertThat(told(watch)).containsExactly("50 a pending", "60 a running", "60 b running");
    }
  }
}
