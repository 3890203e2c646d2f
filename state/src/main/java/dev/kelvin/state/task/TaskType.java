package dev.kelvin.state.task;

import dev.kelvin.state.store.Collection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A kind of task, in one version. When its steps or its input change their meaning, the version is
 * raised, and what finishes or undoes tasks of the one before is kept in {@code earlier}.
 *
 * @param name such as {@code vm.create}; stored with each task, so it never changes its meaning
 * @param version stored with each task; from 1
 * @param inputType a record that Documents can write and read
 * @param steps in order; their names are stored too
 * @param cancellable whether users may cancel it
 * @param takesSpace whether such a task takes space on the disk: none is begun while that is full
 * @param onlyUndone whether one that an earlier daemon has left is undone, and not finished
 * @param earlier what takes care of tasks of earlier versions
 * @param draft how what such tasks are given is stored: apart from the task, in the transaction
 *     that begins it, under its id, until the transaction that ends it; so it has versions of its
 *     own. Null where it is stored as the task's input
 */
public record TaskType<I>(
    String name,
    int version,
    Class<I> inputType,
    List<Step<I>> steps,
    boolean cancellable,
    Predicate<I> takesSpace,
    boolean onlyUndone,
    List<TaskType<?>> earlier,
    Collection.@Nullable Form<I> draft) {
  public TaskType {
    steps = List.copyOf(steps);
    earlier = List.copyOf(earlier);
    if (steps.isEmpty() || steps.stream().map(Step::name).distinct().count() < steps.size()) {
      throw new IllegalArgumentException(
          "task type " + name + " needs steps, each with a name of its own");
    }
    for (TaskType<?> one : earlier) {
      if (!one.name().equals(name) || one.version() >= version) {
        throw new IllegalArgumentException(
            one.name() + " " + one.version() + " is no earlier version of " + name + " " + version);
      }
    }
  }

  /** The first version of one that takes no space worth mentioning. */
  public TaskType(String name, Class<I> inputType, List<Step<I>> steps, boolean cancellable) {
    this(name, 1, inputType, steps, cancellable, input -> false, false, List.of(), null);
  }

  /** This one, whose tasks take space on the disk. */
  public TaskType<I> takingSpace() {
    return takingSpace(input -> true);
  }

  /** This one, of whose tasks some take space on the disk. */
  public TaskType<I> takingSpace(Predicate<I> some) {
    return new TaskType<>(
        name, version, inputType, steps, cancellable, some, onlyUndone, earlier, draft);
  }

  /** This one as the version after another, which goes on with the tasks that it finds of it. */
  public TaskType<I> after(TaskType<?> before) {
    var all = new ArrayList<TaskType<?>>(before.earlier());
    all.add(before);
    return new TaskType<>(
        name,
        before.version() + 1,
        inputType,
        steps,
        cancellable,
        takesSpace,
        onlyUndone,
        all,
        draft);
  }

  /** This one, whose tasks are undone where a daemon finds them. */
  public TaskType<I> undoneWhenFound() {
    return new TaskType<>(
        name, version, inputType, steps, cancellable, takesSpace, true, earlier, draft);
  }

  /** This one, whose tasks have drafts in a collection of their own. */
  public TaskType<I> drafted(Collection.Form<I> form) {
    return new TaskType<>(
        name, version, inputType, steps, cancellable, takesSpace, onlyUndone, earlier, form);
  }

  /** The key of the draft of a task; null where it has none. */
  @Nullable String draftOf(String id) {
    return draft == null ? null : draft.prefix() + id;
  }
}
