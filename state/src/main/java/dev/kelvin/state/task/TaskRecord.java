package dev.kelvin.state.task;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.model.Task.StepState;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Task.TaskStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A task as it is stored, and how it goes from one state to the next. Pure.
 *
 * @param step the index of the step under way, or of the one to be undone next
 * @param outcome what it ends as when it is undone; null unless it is being undone
 * @param memory what its steps remembered; empty when it has ended
 * @param version of its type when it was begun; the first in records that say none
 * @param exclusive whether it holds its object against other exclusive tasks
 * @param draft the key of the document that was stored with it and goes with it; null for none
 */
public record TaskRecord(
    String id,
    String type,
    String object,
    boolean exclusive,
    boolean cancellable,
    TaskState state,
    List<TaskStep> steps,
    int step,
    @Nullable TaskState outcome,
    Map<String, String> memory,
    @Nullable Problem problem,
    @Nullable String result,
    Instant createdAt,
    @Nullable Instant finishedAt,
    int version,
    @Nullable String draft) {

  public TaskRecord {
    version = Math.max(1, version);
    steps = List.copyOf(steps);
    memory = memory == null ? Map.of() : Map.copyOf(memory);
  }

  /** A task whose first step begins. */
  static TaskRecord begin(
      String id, TaskType<?> type, String object, boolean exclusive, Instant now) {
    List<TaskStep> steps = new ArrayList<>();
    for (Step<?> step : type.steps()) {
      steps.add(new TaskStep(step.name(), steps.isEmpty() ? StepState.RUNNING : StepState.PENDING));
    }
    return new TaskRecord(
        id,
        type.name(),
        object,
        exclusive,
        type.cancellable(),
        TaskState.RUNNING,
        steps,
        0,
        null,
        Map.of(),
        null,
        null,
        now,
        null,
        type.version(),
        type.draftOf(id));
  }

  /** Whether the type still has the steps that this task was begun with. */
  boolean fits(TaskType<?> known) {
    return known.steps().stream()
        .map(Step::name)
        .toList()
        .equals(steps.stream().map(TaskStep::name).toList());
  }

  /** The step under way is done: the next one begins, or the task has succeeded. */
  TaskRecord done(Instant now) {
    List<TaskStep> next = with(steps, step, StepState.DONE);
    if (step + 1 == steps.size()) {
      return new Change(this).state(TaskState.SUCCEEDED).steps(next).ended(now);
    }
    return new Change(this).steps(with(next, step + 1, StepState.RUNNING)).step(step + 1).made();
  }

  /** The step under way failed; it and those before it are to be undone. */
  TaskRecord failed(Problem why) {
    return new Change(this)
        .state(TaskState.UNDOING)
        .steps(with(steps, step, StepState.FAILED))
        .outcome(TaskState.FAILED)
        .problem(why)
        .made();
  }

  /** It is given up as it is: what it has done stays. */
  TaskRecord abandoned(Problem why, Instant now) {
    List<TaskStep> as =
        steps.stream()
            .map(one ->
                one.state() == StepState.RUNNING ? new TaskStep(one.name(), StepState.FAILED) : one)
            .toList();
    return new Change(this).state(TaskState.FAILED).steps(as).problem(why).ended(now);
  }

  /** What is left of it when it is given up now: one line, for people. */
  String leavesBehind() {
    List<String> done = names(StepState.DONE);
    List<String> half = new ArrayList<>(names(StepState.RUNNING));
    half.addAll(names(StepState.FAILED));
    var left = new ArrayList<String>();
    if (!done.isEmpty()) {
      left.add("done and not undone: " + String.join(", ", done));
    }
    if (!half.isEmpty()) {
      left.add("may be half done: " + String.join(", ", half));
    }
    new TreeMap<>(memory).forEach((key, value) -> left.add(key + ": " + value));
    return left.isEmpty() ? "nothing: all that it did is undone" : String.join("; ", left);
  }

  private List<String> names(StepState wanted) {
    return steps.stream().filter(one -> one.state() == wanted).map(TaskStep::name).toList();
  }

  /** It is not to begin; no step has run. */
  TaskRecord withdrawn(Problem why, Instant now) {
    TaskState end = why.code() == Code.CANCELLED ? TaskState.CANCELLED : TaskState.FAILED;
    List<TaskStep> none =
        steps.stream().map(step -> new TaskStep(step.name(), StepState.PENDING)).toList();
    return new Change(this).state(end).steps(none).problem(why).ended(now);
  }

  /** The task was cancelled; the step under way and those before it are to be undone. */
  TaskRecord cancelled(Problem why) {
    return new Change(this)
        .state(TaskState.UNDOING)
        .outcome(TaskState.CANCELLED)
        .problem(why)
        .made();
  }

  /** A step was undone: the one before it is next, or the task has ended. */
  TaskRecord undone(Instant now) {
    boolean failed = steps.get(step).state() == StepState.FAILED; // stays to be seen
    List<TaskStep> next = failed ? steps : with(steps, step, StepState.UNDONE);
    if (step == 0) {
      TaskState end = outcome == null ? TaskState.FAILED : outcome;
      return new Change(this).state(end).steps(next).ended(now);
    }
    return new Change(this).steps(next).step(step - 1).made();
  }

  TaskRecord remembering(String key, String value) {
    Map<String, String> more = new TreeMap<>(memory);
    more.put(key, value);
    return new Change(this).memory(more).made();
  }

  TaskRecord resulting(String ref) {
    return new Change(this).result(ref).made();
  }

  /**
   * As users see it.
   *
   * @param trouble what hinders it at the moment; null for what is recorded
   */
  Task view(@Nullable Progress progress, @Nullable Problem trouble) {
    return new Task(
        id,
        type,
        object,
        state,
        steps,
        state.ended() ? null : progress,
        trouble == null ? problem : trouble,
        result,
        cancellable,
        createdAt,
        finishedAt);
  }

  private static List<TaskStep> with(List<TaskStep> steps, int index, StepState state) {
    List<TaskStep> changed = new ArrayList<>(steps);
    changed.set(index, new TaskStep(steps.get(index).name(), state));
    return changed;
  }

  /** Another record that differs in some fields. */
  private static final class Change {
    private final TaskRecord from;
    private TaskState state;
    private List<TaskStep> steps;
    private int step;
    private @Nullable TaskState outcome;
    private Map<String, String> memory;
    private @Nullable Problem problem;
    private @Nullable String result;
    private @Nullable Instant finishedAt;

    Change(TaskRecord from) {
      this.from = from;
      this.state = from.state;
      this.steps = from.steps;
      this.step = from.step;
      this.outcome = from.outcome;
      this.memory = from.memory;
      this.problem = from.problem;
      this.result = from.result;
      this.finishedAt = from.finishedAt;
    }

    Change state(TaskState value) {
      state = value;
      return this;
    }

    Change steps(List<TaskStep> value) {
      steps = value;
      return this;
    }

    Change step(int value) {
      step = value;
      return this;
    }

    Change outcome(TaskState value) {
      outcome = value;
      return this;
    }

    Change memory(Map<String, String> value) {
      memory = value;
      return this;
    }

    Change problem(Problem value) {
      problem = value;
      return this;
    }

    Change result(String value) {
      result = value;
      return this;
    }

    TaskRecord ended(Instant now) {
      finishedAt = now;
      memory = Map.of();
      return made();
    }

    TaskRecord made() {
      return new TaskRecord(
          from.id,
          from.type,
          from.object,
          from.exclusive,
          from.cancellable,
          state,
          steps,
          step,
          outcome,
          memory,
          problem,
          result,
          from.createdAt,
          finishedAt,
          from.version,
          from.draft);
    }
  }
}
