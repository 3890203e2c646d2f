package dev.kelvin.state.task;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import java.util.Optional;

/** What a step has of its task. Its progress is shown, not stored. */
public interface StepContext extends ProgressSink {
  String taskId();

  /** What the task works on, such as {@code vm/web1}. */
  String object();

  /** What this or an earlier step of the task remembered, also before a crash. */
  Optional<String> recall(String key);

  /**
   * Remembers a value for as long as the task is under way. It is on the disk before this returns.
   *
   * @throws ProblemException host-failure when it cannot be stored
   */
  void remember(String key, String value);

  /** Sets what the task produces, such as {@code image/debian-12}; stored when the step ends. */
  void result(String ref);
}
