package dev.kelvin.state.task;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.state.store.StoreProblems;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How a new task comes into the store. When it was written and no answer came, nobody knows whether
 * it is there: the store is asked until that is known. Then the task runs, if whoever submitted it
 * still waits for that; otherwise it is withdrawn, and never runs.
 */
final class Admission {
  private final TaskStorage storage;
  private final TaskRecord task;
  private final TaskInputs.Written input;
  private final boolean sparing;
  private final InstantSource clock;

  /** Completes when the task runs, or with the reason why it does not. */
  private final CompletableFuture<Boolean> answer = new CompletableFuture<>();

  /** What became of it, once: that it runs, or why it is withdrawn. */
  private final AtomicReference<@Nullable Fate> fate = new AtomicReference<>();

  private sealed interface Fate {
    record Runs(long revision) implements Fate {}

    record Withdrawn(Problem why) implements Fate {}
  }

  /** What is stored now. */
  record Known(TaskRecord task, long revision) {}

  /**
   * @param sparing whether it is refused on a full disk
   */
  Admission(
      TaskStorage storage,
      TaskRecord task,
      TaskInputs.Written input,
      boolean sparing,
      InstantSource clock) {
    this.storage = storage;
    this.task = task;
    this.input = input;
    this.sparing = sparing;
    this.clock = clock;
  }

  /**
   * Writes it for the first time.
   *
   * @return the task as it is stored: it begins, or was withdrawn meanwhile
   * @throws ProblemException when it is refused, or nobody knows ({@link
   *     StoreProblems#isUnknownOutcome})
   */
  Known first() {
    fate.compareAndSet(null, new Fate.Runs(storage.create(task, input, sparing)));
    return known();
  }

  /**
   * Asks what became of it.
   *
   * @return the task as it is stored: it begins, or has ended
   * @throws ProblemException when it is still not known
   */
  Known ask() {
    if (fate.get() == null) {
      try {
        return first();
      } catch (ProblemException e) {
        if (e.problem().code() != Code.CONFLICT) {
          throw e;
        }
        // The first attempt may still be on its way, and must not take effect after the other task.
        withdraw(e.problem());
      }
    }
    return known();
  }

  private Known known() {
    return switch (fate.get()) {
      case Fate.Runs(long revision) -> new Known(task, revision);
      case Fate.Withdrawn(Problem why) -> {
        TaskRecord ended = task.withdrawn(why, clock.instant());
        yield new Known(ended, storage.withdraw(ended));
      }
      case null -> throw new IllegalStateException("its fate is known here");
    };
  }

  /** Tells whoever waits that it begins. */
  void begins() {
    answer.complete(true);
  }

  /** Sees to it that it never runs; false when it runs already. */
  boolean withdraw(Problem why) {
    if (fate.compareAndSet(null, new Fate.Withdrawn(why))) {
      answer.completeExceptionally(why.asException());
    }
    return fate.get() instanceof Fate.Withdrawn;
  }

  /**
   * Waits until it runs.
   *
   * @throws ProblemException why it does not; unavailable when that is not known in time
   */
  void await(Duration patience) {
    boolean interrupted = false;
    try {
      answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return;
    } catch (ExecutionException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      throw ProblemException.toProblem(why).asException(why);
    } catch (TimeoutException e) {
      // it is decided below
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (withdraw(notInTime())) {
      throw unknown(task).asException();
    }
  }

  private static Problem notInTime() {
    return Problem.of(Code.UNAVAILABLE, "The task was withdrawn before it began")
        .because("the store did not say in time whether it had taken it")
        .remedy("ask for it again if it is still wanted; nothing of it was done");
  }

  /** It may be there or not, and nothing of it was done up to now. */
  private static Problem unknown(TaskRecord task) {
    return Problem.of(Code.UNAVAILABLE, "It is not known whether the store has taken the task")
        .on(Task.ref(task.id()))
        .because(
            "the store does not answer; nothing was done, and Kelvin withdraws the task as soon as"
                + " the store answers. Only if the daemon dies before that may the next one carry"
                + " it out")
        .remedy(
            "see what became of it when the store answers again: kelvin task show " + task.id());
  }

  /** As users see it while it is not known. */
  static Task shown(Task task) {
    return new Task(
        task.id(),
        task.type(),
        task.object(),
        Task.TaskState.PENDING,
        task.steps(),
        null,
        task.problem(),
        null,
        task.cancellable(),
        task.createdAt(),
        null);
  }
}
