package dev.kelvin.cli.command;

import dev.kelvin.cli.ErrorPrinter;
import dev.kelvin.cli.Interrupts;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Does the same with several objects at once: none waits for another, and what fails on one does
 * not keep the others from theirs. What became of them is told in the order of their names.
 */
record EachObject(Session session, Waiting waiting) {
  /**
   * Begins a task for each and then waits for all, as the user wishes.
   *
   * @param done what has become of each, such as "is started"
   * @return 0, or the exit code of the first problem
   */
  int run(List<String> names, Function<String, Task> begin, String done) {
    if (names.size() == 1) {
      String name = names.getFirst();
      finish(name, begin.apply(name), done, waiting.limit());
      return 0;
    }
    long begun = System.nanoTime();
    Map<String, Supplier<Task>> tasks = new LinkedHashMap<>();
    for (String name : new LinkedHashSet<>(names)) {
      tasks.put(name, begin(name, begin));
    }
    int code = 0;
    try (var _ = Interrupts.during(() -> session.err().println("See them all: kelvin task ls"))) {
      for (var one : tasks.entrySet()) {
        try {
          Duration left = waiting.limit().minusNanos(System.nanoTime() - begun);
          finish(one.getKey(), one.getValue().get(), done, left);
        } catch (ProblemException e) {
          new ErrorPrinter(session).print(e.problem());
          code = code == 0 ? e.problem().code().exitCode() : code;
        }
      }
    }
    return code;
  }

  /** Begins a task; a refusal is told when it is asked for. */
  private static Supplier<Task> begin(String name, Function<String, Task> begin) {
    try {
      Task task = begin.apply(name);
      return () -> task;
    } catch (ProblemException e) {
      return () -> {
        throw e;
      };
    }
  }

  private void finish(String name, Task task, String done, Duration limit) {
    Task ended = waiting.finish(session, task, OnInterrupt.DETACH, name + " " + done, limit);
    if (ended.result() != null) {
      session.err().println("Note: " + ended.result());
    }
  }
}
