package dev.kelvin.state;

import dev.kelvin.model.Task;

/** Is told how tasks go on: states and steps all, progress now and then. */
@FunctionalInterface
public interface TaskListener {
  /** Called one at a time, for each task in order, on a virtual thread of the engine. */
  void changed(Task task);

  /** The same, for those who put it in order with {@link TaskEngine#snapshot}. */
  default void told(TaskNews news) {
    changed(news.task());
  }
}
