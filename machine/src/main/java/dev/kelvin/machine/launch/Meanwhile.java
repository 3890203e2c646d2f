package dev.kelvin.machine.launch;

import dev.kelvin.model.ProblemException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Work that goes on in a thread of its own until its result is needed. */
public final class Meanwhile<T> {
  private static final Logger LOG = System.getLogger(Meanwhile.class.getName());

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

  /** Waits until it is over, whatever came of it, also when this thread is interrupted. */
  public void settle() {
    boolean interrupted = false;
    while (!work.isDone()) {
      try {
        work.get();
      } catch (ExecutionException e) {
        LOG.log(Level.DEBUG, "it came to nothing", e);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
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
