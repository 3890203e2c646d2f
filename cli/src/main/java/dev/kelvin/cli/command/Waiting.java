package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.cli.text.Tasks;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Task;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say whether and how long a command waits for its task, and the waiting. */
public final class Waiting {
  @Option(
      names = "--wait",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Wait until it is done (this is usual), or with --no-wait name the task and go.")
  boolean wait = true;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "Wait no longer than this, such as 90s or 15m; the task goes on.")
  @Nullable String timeout;

  /** How long to wait for a task. */
  Duration limit() {
    return limit(Duration.ofHours(1));
  }

  /** How long to wait; {@code usual} when the user does not say. */
  Duration limit(Duration usual) {
    return timeout == null ? usual : Units.duration(timeout, "--timeout");
  }

  boolean waits() {
    return wait;
  }

  /**
   * Waits for a task if it shall be waited for, and says what has become of it.
   *
   * @param done what is said when it is done, such as "web1 is started"
   * @return the task as it ended, or as it was when nobody waits
   */
  Task finish(Session session, Task task, OnInterrupt onInterrupt, String done) {
    return finish(session, task, onInterrupt, done, limit());
  }

  /** As {@link #finish(Session, Task, OnInterrupt, String)}, for no longer than {@code limit}. */
  Task finish(Session session, Task task, OnInterrupt onInterrupt, String done, Duration limit) {
    if (!wait) {
      session.out().println(task.id());
      session
          .err()
          .println("Begun: " + Tasks.title(task) + ". Wait with: kelvin task wait " + task.id());
      return task;
    }
    Task ended = follow(session, task, onInterrupt, limit);
    session.out().println(done);
    return ended;
  }

  /** Waits for a task and shows how far it is. */
  Task follow(Session session, Task task, OnInterrupt onInterrupt) {
    return follow(session, task, onInterrupt, limit());
  }

  private static Task follow(Session session, Task task, OnInterrupt onInterrupt, Duration limit) {
    try (Progress progress = TaskFollower.progress(session)) {
      return new TaskFollower(session, progress, limit).follow(task, onInterrupt);
    }
  }
}
