package dev.kelvin.state.task;

import java.util.function.Function;

/**
 * A part of a task. Both methods are idempotent: after a crash they are called again for a step
 * that was under way, whatever of it had been done. {@link #undo} is also called for a step whose
 * {@link #run} did nothing yet.
 *
 * <p>Both run on a virtual thread of the task. {@link #run} is interrupted when the task is
 * cancelled and both are when the engine closes; they then end soon, by any exception.
 */
public interface Step<I> {
  String name();

  /**
   * The same step for tasks that are given something else.
   *
   * @param meaning what this step is given for that
   */
  default <J> Step<J> given(Function<J, I> meaning) {
    Step<I> same = this;
    return new Step<>() {
      @Override
      public String name() {
        return same.name();
      }

      @Override
      public void run(J input, StepContext context) throws Exception {
        same.run(meaning.apply(input), context);
      }

      @Override
      public void undo(J input, StepContext context) throws Exception {
        same.undo(meaning.apply(input), context);
      }
    };
  }

  /**
   * Does it.
   *
   * @throws Exception when it fails; then this and the earlier steps are undone. A ProblemException
   *     reaches the user as it is
   */
  void run(I input, StepContext context) throws Exception;

  /**
   * Undoes what {@link #run} did, all or part of it.
   *
   * @throws Exception when it fails; it is tried again until it succeeds
   */
  default void undo(I input, StepContext context) throws Exception {}
}
