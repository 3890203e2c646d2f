package dev.kelvin.cli;

import dev.kelvin.api.Client;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.cli.text.Tasks;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Waits;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Waits for tasks and shows how far they are. */
public final class TaskFollower {
  /** What Ctrl-C does to the task that is waited for. */
  public enum OnInterrupt {
    DETACH,
    CANCEL
  }

  private static final Duration FIRST_LOOK = Duration.ofMillis(15);
  private static final Duration LAST_LOOK = Duration.ofMillis(250);

  /** How long a daemon may be gone, as it is while it is restarted. */
  private static final Duration ABSENCE = Duration.ofSeconds(20);

  private static final Duration UNDOING = Duration.ofSeconds(60);

  private final Session session;
  private final Client client;
  private final Progress progress;
  private final Duration timeout;

  /**
   * @param timeout after which the wait ends; the task goes on
   */
  public TaskFollower(Session session, Progress progress, Duration timeout) {
    this.session = session;
    this.client = session.client();
    this.progress = progress;
    this.timeout = timeout;
  }

  /** A progress display for this session. */
  public static Progress progress(Session session) {
    Terminal terminal = session.terminal();
    return new Progress(session.err(), terminal.hasErrors(), terminal::width, System::nanoTime);
  }

  /**
   * Waits until the task has ended well.
   *
   * @return the task as it ended
   * @throws ProblemException the task's own problem when it failed; cancelled; timeout
   */
  public Task follow(Task task, OnInterrupt onInterrupt) {
    if (task.state().ended()) {
      return succeeded(task);
    }
    boolean cancels = onInterrupt == OnInterrupt.CANCEL && task.cancellable();
    progress.hint(cancels ? "Ctrl-C cancels" : "Ctrl-C detaches");
    var interrupted = new AtomicBoolean();
    Runnable onSignal = () -> interrupted(task, cancels, interrupted);
    try (var _ = Interrupts.during(onSignal)) {
      return succeeded(watch(task, interrupted));
    } finally {
      progress.hint("");
    }
  }

  private Task watch(Task begun, AtomicBoolean interrupted) {
    Task task = begun;
    long end = System.nanoTime() + timeout.toNanos();
    Duration look = FIRST_LOOK;
    while (!task.state().ended()) {
      session.pause(look);
      look = Waits.twice(look, LAST_LOOK);
      task = look(task.id());
      if (!interrupted.get()) {
        show(task);
      }
      if (!task.state().ended() && System.nanoTime() > end) {
        throw tooLong(task);
      }
    }
    return task;
  }

  private Task look(String id) {
    long end = System.nanoTime() + ABSENCE.toNanos();
    while (true) {
      try {
        return client.task(id);
      } catch (ProblemException e) {
        if (e.problem().code() != Code.UNAVAILABLE || System.nanoTime() > end) {
          throw e;
        }
        progress.update("the daemon does not answer; waiting for it");
        session.pause(LAST_LOOK);
      }
    }
  }

  private void show(Task task) {
    String undoing = task.state() == TaskState.UNDOING ? " (undoing)" : "";
    String step = Tasks.step(task);
    String title = Tasks.title(task) + undoing;
    progress.step(capital(step.isEmpty() ? title : title + ": " + step));
    Task.Progress measure = task.progress();
    if (measure == null) {
      progress.update("");
    } else {
      progress.update(measure.done(), measure.total(), measure.unit(), measure.message());
    }
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private Task succeeded(Task task) {
    if (task.state() == TaskState.SUCCEEDED) {
      progress.done();
      return task;
    }
    progress.end(task.state().wire());
    Problem problem = task.problem();
    if (problem == null) {
      problem =
          Problem.of(Code.CANCELLED, "The task was cancelled")
              .on(Task.ref(task.id()))
              .because("somebody cancelled it, and what it had done is undone")
              .remedy("give the command again, or see kelvin task show " + task.id());
    }
    throw problem.asException();
  }

  private ProblemException tooLong(Task task) {
    progress.end("not yet done");
    return Problem.of(Code.TIMEOUT, "The task is not done yet")
        .on(Task.ref(task.id()))
        .because("it takes more than the " + Units.span(timeout) + " that --timeout allows")
        .remedy("it goes on: kelvin task wait " + task.id())
        .asException();
  }

  /** Runs while the process ends. */
  private void interrupted(Task task, boolean cancels, AtomicBoolean interrupted) {
    interrupted.set(true);
    progress.clear();
    if (!cancels) {
      session.err().println("Detached. It goes on: kelvin task wait " + task.id());
      return;
    }
    session.err().println("Cancelling; what was done is being undone ...");
    try {
      Task now = client.cancelTask(task.id());
      long end = System.nanoTime() + UNDOING.toNanos();
      while (!now.state().ended() && System.nanoTime() < end) {
        session.pause(LAST_LOOK);
        now = client.task(task.id());
      }
      session
          .err()
          .println(
              now.state().ended()
                  ? "The task ended as " + now.state().wire() + "."
                  : "It is still being undone: kelvin task wait " + task.id());
    } catch (ProblemException e) {
      new ErrorPrinter(session).print(e.problem());
    }
  }
}
