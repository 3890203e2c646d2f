package dev.kelvin.state.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Await;
import dev.kelvin.state.store.ChildJvm;
import dev.kelvin.state.store.DyingStore;
import dev.kelvin.state.store.Points;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.task.FileTask.Twist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A task dies at every point there is: before and after each write of the store and each effect of
 * each step, forwards and in undoing. It is then resumed, and either done or undone, leaving
 * nothing.
 */
class TaskCrashTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  /** Says of each dead store that tasks wait for it. */
  private static final Logger WAITING = Logger.getLogger(TaskRun.class.getName());

  @TempDir Path directory;

  @BeforeAll
  static void quiet() {
    WAITING.setLevel(Level.SEVERE);
  }

  @AfterAll
  static void loud() {
    WAITING.setLevel(null);
  }

  private static TaskSettings settings() {
    return new TaskSettings(
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ZERO,
        100,
        Duration.ofDays(1),
        DEADLINE,
        DEADLINE);
  }

  static TaskEngine engine(Store store, TaskType<?> type) {
    InstantSource clock = InstantSource.system();
    return new TaskEngine(store, List.of(type), clock, new TaskIds(clock), settings());
  }

  private static TaskState expected(Twist twist) {
    return switch (twist) {
      case NOTHING -> TaskState.SUCCEEDED;
      case FAIL -> TaskState.FAILED;
      case BLOCK -> TaskState.CANCELLED;
    };
  }

  /** In one process, where the store and the effects stop at a point. */
  @ParameterizedTest
  @EnumSource
  void resumesFromEveryPoint(Twist twist) throws Exception {
    int points = 1;
    while (diesAndIsResumed(twist, points)) {
      points++;
    }
    assertThat(points).as("points at which it died").isGreaterThan(15);
  }

  /** As above, where the resumed task dies too, at every point, and is resumed again. */
  @ParameterizedTest
  @EnumSource
  void resumesFromEveryPointOfAResumedTask(Twist twist) throws Exception {
    for (int first = 3; first < 16; first += 3) {
      int second = 1;
      while (diesTwice(twist, first, second)) {
        second++;
      }
      assertThat(second).isGreaterThan(1);
    }
  }

  private boolean diesAndIsResumed(Twist twist, int point) throws Exception {
    try (var store = new MemoryStore()) {
      Path work = Files.createTempDirectory(directory, "work");
      boolean died = runUntil(store, work, twist, point);
      finish(store, work, twist);
      return died;
    }
  }

  private boolean diesTwice(Twist twist, int first, int second) throws Exception {
    try (var store = new MemoryStore()) {
      Path work = Files.createTempDirectory(directory, "work");
      runUntil(store, work, twist, first);
      var count = new AtomicInteger();
      Points points = DyingStore.dead(second, count);
      var blocked = new CountDownLatch(1);
      try (var engine = engine(new DyingStore(store, points), FileTask.type(points, blocked))) {
        engine.resume();
        awaitEndOrDeath(engine, blocked, () -> count.get() >= second);
      }
      finish(store, work, twist);
      return count.get() >= second;
    }
  }

  private static boolean runUntil(Store store, Path work, Twist twist, int point) {
    var count = new AtomicInteger();
    Points points = DyingStore.dead(point, count);
    var blocked = new CountDownLatch(1);
    try (var engine = engine(new DyingStore(store, points), FileTask.type(points, blocked))) {
      try {
        engine.submitExclusive(FileTask.TYPE, FileTask.input(work, twist, 1), "vm/web1");
        awaitEndOrDeath(engine, blocked, () -> count.get() >= point);
      } catch (ProblemException e) {
        assertThat(count.get()).isGreaterThanOrEqualTo(point); // submitting or cancelling died
      }
    }
    return count.get() >= point;
  }

  /** Waits for the end of the task, which it cancels when a step waits for that. */
  private static void awaitEndOrDeath(
      TaskEngine engine, CountDownLatch blocked, BooleanSupplier dead) {
    var cancelled = new AtomicInteger();
    Await.until(
        "the task has ended or died",
        () -> {
          List<Task> tasks = engine.list();
          if (blocked.getCount() == 0 && cancelled.getAndIncrement() == 0 && !dead.getAsBoolean()) {
            cancel(engine, tasks.getFirst().id());
          }
          return dead.getAsBoolean() || tasks.stream().allMatch(task -> task.state().ended());
        });
  }

  private static void cancel(TaskEngine engine, String id) {
    try {
      engine.cancel(id);
    } catch (ProblemException e) {
      assertThat(e.problem().code()).isIn(Code.WRONG_STATE, Code.HOST_FAILURE);
    }
  }

  /** Resumes what is there, and checks how it ends and what it leaves. */
  private static void finish(Store store, Path work, Twist twist) throws Exception {
    var blocked = new CountDownLatch(1);
    try (var engine = engine(store, FileTask.type(Points.none(), blocked))) {
      assertThat(engine.resume()).isEmpty();
      awaitEndOrDeath(engine, blocked, () -> false);
      List<Task> tasks = engine.list();
      if (tasks.isEmpty()) {
        assertThat(FileTask.files(work)).isZero(); // it died before it was begun
        return;
      }
      assertThat(tasks).hasSize(1);
      check(tasks.getFirst(), work, twist);
    }
    assertThat(store.range("task", null, 99).entries())
        .as("no input, lock or request to cancel is left")
        .hasSize(1);
  }

  private static void check(Task task, Path work, Twist twist) throws IOException {
    assertThat(task.state()).isEqualTo(expected(twist));
    assertThat(FileTask.files(work)).isEqualTo(twist == Twist.NOTHING ? FileTask.STEPS : 0);
    assertThat(task.finishedAt()).isNotNull();
    if (twist == Twist.NOTHING) {
      assertThat(task.result()).isEqualTo("file/2");
      assertThat(task.problem()).isNull();
    } else {
      assertThat(task.problem()).isNotNull();
    }
  }

  /** In a process of its own, killed as {@code kill -9} does at every point. */
  @ParameterizedTest
  @EnumSource
  @Tag("slow")
  void resumesFromEveryPointAfterKillingTheProcess(Twist twist) throws Exception {
    int point = 1;
    while (isKilledAndResumed(twist, point)) {
      point++;
    }
    assertThat(point).as("points at which it was killed").isGreaterThan(15);
  }

  /** As above at a few points. */
  @ParameterizedTest
  @EnumSource
  void resumesAfterKillingTheProcess(Twist twist) throws Exception {
    assertThat(isKilledAndResumed(twist, 12)).isTrue();
  }

  private boolean isKilledAndResumed(Twist twist, int point) throws Exception {
    Path work = Files.createTempDirectory(directory, "work");
    Path file = Files.createTempDirectory(directory, "state").resolve("store.db");
    int exit;
    try (var child = ChildJvm.start(TaskChild.class, file, work, twist, point)) {
      exit = child.end();
    }
    assertThat(exit).as("killed or done").isIn(137, 0);
    try (var store = SqliteStore.open(file)) {
      finish(store, work, twist);
    }
    return exit == 137;
  }

  /** The process that is killed. */
  static final class TaskChild {
    private TaskChild() {}

    public static void main(String[] arguments) throws Exception {
      int at = Integer.parseInt(arguments[3]);
      var count = new AtomicInteger();
      Points points =
          () -> {
            if (count.incrementAndGet() == at) {
              killMyself();
            }
          };
      var blocked = new CountDownLatch(1);
      try (var store = SqliteStore.open(Path.of(arguments[0]));
          var engine = engine(new DyingStore(store, points), FileTask.type(points, blocked))) {
        Twist twist = Twist.valueOf(arguments[2]);
        String id =
            engine
                .submitExclusive(
                    FileTask.TYPE, FileTask.input(Path.of(arguments[1]), twist, 1), "vm/web1")
                .id();
        if (twist == Twist.BLOCK && blocked.await(20, TimeUnit.SECONDS)) {
          engine.cancel(id);
        }
        engine.await(id, DEADLINE);
      }
    }

    private static void killMyself() {
      try {
        new ProcessBuilder("sh", "-c", "kill -9 " + ProcessHandle.current().pid()).start();
        new CountDownLatch(1).await(); // goes no further
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
