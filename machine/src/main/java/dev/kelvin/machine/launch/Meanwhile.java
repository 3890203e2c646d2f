package dev.kelvin.machine.launch;

import dev.kelvin.model.ProblemException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Work that goes on in a thread of its own until its result is needed. */
public final class Meanwhile<T> {
  private final FutureTask<T> work;

  private Meanwhile(FutureTask<T> work) {
    this.work = work;
  }

  /** Begins it. */
  public static <T> Meanwhile<T> start(String name, Callable<T> work) {
    var task = new FutureTask<>(work);
    Thread.ofVirtual().name(name).start(task);
    return new Meanwhile<>(task);
  }

  /**
   * Waits for it.
   *
   * @throws ProblemException what ended it
   */
  public T result() throws InterruptedException {
    try {
      return work.get();
    } catch (ExecutionException e) {
      Throwable why = Objects.requireNonNullElse(e.getCause(), e);
      throw new ProblemException(ProblemException.toProblem(why), why);
    }
  }
}
