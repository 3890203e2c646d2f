package dev.kelvin.state.task;

import dev.kelvin.state.store.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The kinds of tasks that this Kelvin carries out, with their earlier versions. */
final class TaskTypes {
  private final Map<String, TaskType<?>> newest = new HashMap<>();

  TaskTypes(List<TaskType<?>> types) {
    for (TaskType<?> type : types) {
      if (newest.put(type.name(), type) != null) {
        throw new IllegalArgumentException("there are two task types " + type.name());
      }
    }
  }

  /** Their names, in order. */
  List<String> names() {
    return newest.keySet().stream().sorted().toList();
  }

  /** What the keys of drafts begin with. */
  Set<String> draftPrefixes() {
    return newest.values().stream()
        .flatMap(type -> Stream.concat(Stream.of(type), type.earlier().stream()))
        .map(TaskType::draft)
        .flatMap(Stream::ofNullable)
        .map(Collection.Form::prefix)
        .collect(Collectors.toSet());
  }

  /** The newest version of a kind, by which new tasks are carried out. */
  TaskType<?> of(String name, Object input) {
    TaskType<?> type = newest.get(name);
    if (type == null || !type.inputType().isInstance(input)) {
      throw new IllegalArgumentException(
          "no task type " + name + " takes a " + input.getClass().getName());
    }
    return type;
  }

  /** What carries out a task that was begun before; null where nothing can. */
  @Nullable TaskType<?> of(TaskRecord task) {
    TaskType<?> type = newest.get(task.type());
    return type == null
        ? null
        : Stream.concat(Stream.of(type), type.earlier().stream())
            .filter(one -> one.version() == task.version() && task.fits(one))
            .findAny()
            .orElse(null);
  }
}
