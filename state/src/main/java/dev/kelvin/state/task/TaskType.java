package dev.kelvin.state.task;

import java.util.List;
import java.util.function.Predicate;

/**
 * A kind of task.
 *
 * @param name such as {@code vm.create}; stored with each task, so it never changes its meaning
 * @param inputType a record that Documents can write and read
 * @param steps in order; their names are stored too
 * @param cancellable whether users may cancel it
 * @param takesSpace whether such a task takes space on the disk: none is begun while that is full
 */
public record TaskType<I>(
    String name,
    Class<I> inputType,
    List<Step<I>> steps,
    boolean cancellable,
    Predicate<I> takesSpace) {
  public TaskType {
    steps = List.copyOf(steps);
    if (steps.isEmpty() || steps.stream().map(Step::name).distinct().count() < steps.size()) {
      throw new IllegalArgumentException(
          "task type " + name + " needs steps, each with a name of its own");
    }
  }

  /** One that takes no space worth mentioning. */
  public TaskType(String name, Class<I> inputType, List<Step<I>> steps, boolean cancellable) {
    this(name, inputType, steps, cancellable, input -> false);
  }

  /** This one, whose tasks take space on the disk. */
  public TaskType<I> takingSpace() {
    return takingSpace(input -> true);
  }

  /** This one, of whose tasks some take space on the disk. */
  public TaskType<I> takingSpace(Predicate<I> some) {
    return new TaskType<>(name, inputType, steps, cancellable, some);
  }
}
