package dev.kelvin.state.task;

/** Is told how tasks go on: states and steps all, progress now and then. */
@FunctionalInterface
public interface TaskListener {
  /** Called one at a time, for each task in order, on a virtual thread of the engine. */
  void told(TaskNews news);
}
