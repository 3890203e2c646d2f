package dev.kelvin.state;

import java.util.List;

/**
 * A kind of task.
 *
 * @param name such as {@code vm.create}; stored with each task, so it never changes its meaning
 * @param inputType a record that Documents can write and read
 * @param steps in order; their names are stored too
 * @param cancellable whether users may cancel it
 */
public record TaskType<I>(
    String name, Class<I> inputType, List<Step<I>> steps, boolean cancellable) {
  public TaskType {
    steps = List.copyOf(steps);
    if (steps.isEmpty() || steps.stream().map(Step::name).distinct().count() < steps.size()) {
      throw new IllegalArgumentException(
          "task type " + name + " needs steps, each with a name of its own");
    }
  }
}
