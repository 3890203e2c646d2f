package dev.kelvin.server.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.server.action.Outcome.Subscription;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventBusTest {
  private final EventBus bus = new EventBus(Clock.systemUTC());

  private void publish(String object, String type) {
    bus.publish(type, object, "it happened", Map.of());
  }

  private static List<String> drain(Subscription subscription) throws InterruptedException {
    var seen = new ArrayList<String>();
    for (var item = subscription.next(Duration.ZERO);
        item != null;
        item = subscription.next(Duration.ZERO)) {
      seen.add(item.id() + " " + item.event());
    }
    return seen;
  }

  @Test
  void tellsWhatHappensFromNowOn() throws InterruptedException {
    publish("vm/a", "vm.running");
    try (var mine = bus.subscribe(null, null)) {
      publish("vm/a", "vm.stopped");
      publish("vm/b", "vm.running");
      assertThat(drain(mine)).containsExactly("2 vm.stopped", "3 vm.running");
    }
  }

  @Test
  void goesOnAfterTheLastEventThatWasSeenWithoutGapOrRepeat() throws InterruptedException {
    publish("vm/a", "one");
    publish("vm/a", "two");
    publish("vm/a", "three");
    try (var mine = bus.subscribe(1L, null)) {
      publish("vm/a", "four");
      assertThat(drain(mine)).containsExactly("2 two", "3 three", "4 four");
    }
  }

  @Test
  void tellsOfOneObjectIfThatIsWanted() throws InterruptedException {
    publish("vm/a", "one");
    publish("vm/b", "two");
    try (var mine = bus.subscribe(0L, "vm/b")) {
      publish("vm/a", "three");
      publish("vm/b", "four");
      assertThat(drain(mine)).containsExactly("2 two", "4 four");
    }
  }

  @Test
  void keepsOnlyTheLastEvents() throws InterruptedException {
    for (int i = 0; i < EventBus.KEPT + 10; i++) {
      publish("vm/a", "tick");
    }
    try (var mine = bus.subscribe(0L, null)) {
      assertThat(drain(mine)).hasSize(EventBus.KEPT).first().isEqualTo("11 tick");
    }
  }

  /** A guest can make events as fast as it likes. */
  @Test
  void anObjectWithManyEventsPushesOutItsOwn() throws InterruptedException {
    for (int i = 1; i <= 10; i++) {
      publish("vm/" + i, "vm.running");
    }
    for (int i = 0; i < 3 * EventBus.KEPT; i++) {
      publish("vm/loud", "vm.tray");
      publish("vm/louder", "vm.tray");
    }
    try (var mine = bus.subscribe(0L, null)) {
      List<String> kept = drain(mine);
      assertThat(kept)
          .hasSize(EventBus.KEPT)
          .filteredOn(one -> one.endsWith("running"))
          .hasSize(10);
      assertThat(kept).first().isEqualTo("1 vm.running");
      assertThat(kept).last().isEqualTo(10 + 6 * EventBus.KEPT + " vm.tray");
    }
  }

  @Test
  void ofObjectsWithOneEventEachTheOldestIsPushedOut() throws InterruptedException {
    for (int i = 1; i <= EventBus.KEPT + 3; i++) {
      publish("vm/" + i, "tick");
    }
    try (var mine = bus.subscribe(0L, null)) {
      assertThat(drain(mine)).hasSize(EventBus.KEPT).first().isEqualTo("4 tick");
    }
  }

  @Test
  void aClosedSubscriptionIsToldNothing() throws InterruptedException {
    var mine = bus.subscribe(null, null);
    mine.close();
    publish("vm/a", "late");
    assertThat(drain(mine)).isEmpty();
  }

  @Test
  void aClientThatFallsTooFarBehindIsCutOff() throws InterruptedException {
    try (var mine = bus.subscribe(null, null)) {
      for (int i = 0; i < 10_001; i++) {
        publish("vm/a", "tick");
      }
      assertThat(drainUntilEmpty(mine)).isEqualTo(10_000);
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> mine.next(Duration.ZERO))
          .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.REVISION_MISMATCH));
    }
  }

  private static int drainUntilEmpty(Subscription subscription) throws InterruptedException {
    int count = 0;
    while (count < 10_000 && subscription.next(Duration.ZERO) != null) {
      count++;
    }
    return count;
  }

  @Test
  void aTaskIsToldOncePerState() throws InterruptedException {
    try (var mine = bus.subscribe(null, null)) {
      bus.taskChanged(task(TaskState.RUNNING));
      bus.taskChanged(task(TaskState.RUNNING));
      bus.taskChanged(task(TaskState.SUCCEEDED));
      assertThat(drain(mine)).containsExactly("1 task.running", "2 task.succeeded");
    }
  }

  /** Of a task that is withdrawn nobody tells an end. */
  @Test
  void theStatesOfTasksThatNeverEndAreForgotten() {
    for (int i = 0; i < 3 * EventBus.KEPT; i++) {
      bus.taskChanged(task("t" + i, TaskState.PENDING));
    }
    assertThat(bus.statesKept()).isLessThanOrEqualTo(EventBus.KEPT);
  }

  private static Task task(TaskState state) {
    return task("t1", state);
  }

  private static Task task(String id, TaskState state) {
    return new Task(
        id, "vm.create", "vm/a", state, List.of(), null, null, null, true, Instant.EPOCH, null);
  }
}
