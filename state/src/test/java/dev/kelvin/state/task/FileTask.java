package dev.kelvin.state.task;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Points;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * A task type of three steps, each of which makes a file whose name only its memory knows: what
 * forgets or repeats something leaves a file behind.
 */
final class FileTask {
  static final String TYPE = "files.make";
  static final int STEPS = 3;

  /** What a task does in one of its steps. */
  enum Twist {
    NOTHING,
    /** The step fails after its effect. */
    FAIL,
    /** The step waits until it is interrupted. */
    BLOCK
  }

  /** What a task gets; {@code step} is the one with the twist. */
  record Input(String directory, Twist twist, int step) {}

  private FileTask() {}

  /**
   * The type.
   *
   * @param points before and after each effect
   * @param blocked is counted down when a step waits
   */
  static TaskType<Input> type(Points points, CountDownLatch blocked) {
    List<Step<Input>> steps = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      steps.add(new MakeFile(i, points, blocked));
    }
    // Its draft counts as one of the keys of tasks that must not be left.
    return new TaskType<>(TYPE, Input.class, steps, true)
        .drafted(Collection.Form.first("task-draft/", Input.class));
  }

  static Input input(Path directory, Twist twist, int step) {
    return new Input(directory.toString(), twist, step);
  }

  /** How many files there are now. */
  static long files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }

  private record MakeFile(int index, Points points, CountDownLatch blocked) implements Step<Input> {
    @Override
    public String name() {
      return "file-" + index;
    }

    @Override
    public void run(Input input, StepContext context) throws Exception {
      points.reached();
      if (context.recall(name()).isEmpty()) {
        context.remember(name(), UUID.randomUUID().toString());
      }
      Path file = Path.of(input.directory(), context.recall(name()).orElseThrow());
      points.reached();
      Files.writeString(file, name());
      points.reached();
      context.result("file/" + index);
      if (index == input.step()) {
        twist(input.twist());
      }
    }

    private void twist(Twist twist) throws InterruptedException {
      switch (twist) {
        case NOTHING -> {}
        case FAIL ->
            throw Problem.of(Code.HOST_FAILURE, "The step fails on purpose")
                .remedy("none")
                .asException();
        case BLOCK -> {
          blocked.countDown();
          new CountDownLatch(1).await();
        }
      }
    }

    @Override
    public void undo(Input input, StepContext context) throws Exception {
      points.reached();
      String name = context.recall(name()).orElse(null);
      if (name != null) {
        Files.deleteIfExists(Path.of(input.directory(), name));
      }
      points.reached();
    }
  }
}
