package dev.kelvin.state.task;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;

/** What is said of tasks that do not go on. */
final class AbandonedTask {
  private AbandonedTask() {}

  /** This version of Kelvin can neither finish nor undo it. */
  static Problem stranded(TaskRecord task, String cause) {
    return Problem.of(Code.WRONG_STATE, "The task cannot go on with this version of Kelvin")
        .on(Task.ref(task.id()))
        .because(cause)
        .remedy(
            "run the version of Kelvin that began it, or a later one; or give it up, which leaves"
                + " what it has done: kelvin task abandon "
                + task.id());
  }

  /** It is undone since this version of Kelvin does such tasks in another way. */
  static Problem outdated(TaskRecord task) {
    return Problem.of(Code.WRONG_STATE, "The task was begun by an earlier version of Kelvin")
        .on(task.object())
        .because("this version does tasks of type " + task.type() + " in other steps")
        .remedy("ask for it again; what it had done is undone");
  }

  /** A user has given it up. */
  static Problem problem(TaskRecord task) {
    Problem why = task.problem();
    return Problem.of(Code.CANCELLED, "The task was given up")
        .on(task.object())
        .because(
            "it leaves behind: "
                + task.leavesBehind()
                + (task.draft() == null
                    ? ""
                    : "; what it was to make of it is forgotten: " + task.draft())
                + (why == null ? "" : "; it was undone because " + why.oneLine()))
        .remedy(
            "look at "
                + task.object()
                + "; \"kelvin state check\" tells what does not fit together");
  }

  /** Tasks of before are not looked at yet. */
  static ProblemException tooEarly(TaskRecord task) {
    return Problem.of(Code.UNAVAILABLE, "It is not known yet whether the task can go on")
        .on(Task.ref(task.id()))
        .because("the daemon has just started, or its store does not answer")
        .remedy("wait a moment, then look at it: kelvin task show " + task.id())
        .asException();
  }

  static ProblemException goesOn(Task task) {
    boolean ended = task.state().ended();
    String id = task.id();
    return Problem.of(
            Code.WRONG_STATE, "Task " + id + (ended ? " has ended" : " cannot be given up"))
        .on(Task.ref(id))
        .because(
            ended
                ? "it is " + task.state().wire()
                : "somebody works on it, and only what cannot go on is given up")
        .remedy(
            ended
                ? "see what became of it: kelvin task show " + id
                : "cancel it, which undoes what it did: kelvin task cancel " + id)
        .asException();
  }
}
