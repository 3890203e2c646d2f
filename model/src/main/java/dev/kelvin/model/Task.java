package dev.kelvin.model;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Long work, as users see it.
 *
 * @param id unique
 * @param type such as {@code vm.create}
 * @param object what it works on, such as {@code vm/web1}
 * @param steps in order
 * @param progress of the step that runs; null when there is no measure of it
 * @param problem why it failed or was cancelled
 * @param result what it produced, such as {@code image/debian-12}
 */
public record Task(
    String id,
    String type,
    String object,
    TaskState state,
    List<TaskStep> steps,
    @Nullable Progress progress,
    @Nullable Problem problem,
    @Nullable String result,
    boolean cancellable,
    Instant createdAt,
    @Nullable Instant finishedAt) {

  public Task {
    steps = steps == null ? List.of() : List.copyOf(steps);
  }

  /** How problems name a task. */
  public static String ref(String id) {
    return "task/" + id;
  }

  public enum TaskState implements WireName {
    PENDING("pending"),
    RUNNING("running"),
    /** A step failed or the task was cancelled; what was done is being undone. */
    UNDOING("undoing"),
    SUCCEEDED("succeeded"),
    FAILED("failed"),
    CANCELLED("cancelled");

    private final String wire;

    TaskState(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }

    public boolean ended() {
      return switch (this) {
        case SUCCEEDED, FAILED, CANCELLED -> true;
        case PENDING, RUNNING, UNDOING -> false;
      };
    }
  }

  public enum StepState implements WireName {
    PENDING("pending"),
    RUNNING("running"),
    DONE("done"),
    FAILED("failed"),
    UNDONE("undone");

    private final String wire;

    StepState(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  public record TaskStep(String name, StepState state) {}

  /**
   * How far a step is.
   *
   * @param done and {@code total} in {@code unit}; total 0 when the end is not known
   * @param unit such as {@code bytes}, {@code packages} or {@code percent}
   * @param message what it does at the moment
   */
  public record Progress(long done, long total, String unit, String message) {}
}
