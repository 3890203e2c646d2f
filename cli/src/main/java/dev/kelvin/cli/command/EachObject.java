package dev.kelvin.cli.command;

import dev.kelvin.cli.ErrorPrinter;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import java.util.List;
import java.util.function.Function;

/** Does the same with several objects: what fails on one does not keep the others from theirs. */
record EachObject(Session session, Waiting waiting) {
  /**
   * Begins a task for each and waits as the user wishes.
   *
   * @param done what has become of each, such as "is started"
   * @return 0, or the exit code of the first problem
   */
  int run(List<String> names, Function<String, Task> begin, String done) {
    int code = 0;
    for (String name : names) {
      try {
        Task task =
            waiting.finish(session, begin.apply(name), OnInterrupt.DETACH, name + " " + done);
        if (task.result() != null) {
          session.err().println("Note: " + task.result());
        }
      } catch (ProblemException e) {
        if (names.size() == 1) {
          throw e;
        }
        new ErrorPrinter(session).print(e.problem());
        code = code == 0 ? e.problem().code().exitCode() : code;
      }
    }
    return code;
  }
}
