package dev.kelvin.host.cell;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Does work in threads that shut themselves into cells. Such a thread must wake no virtual thread:
 * the JVM may start a carrier for it from there, and a thread in a cell cannot start others. So a
 * platform thread waits for it.
 */
public final class Confined {
  /** What is done in such a thread. */
  @FunctionalInterface
  public interface Work<T> {
    T done() throws IOException;
  }

  private Confined() {}

  /**
   * Does work in a thread of its own, and waits for its end.
   *
   * <p>The caller is a platform thread.
   *
   * @throws IOException of the work, with whatever else it throws as its cause
   */
  public static <T> T await(String name, Work<T> work) throws IOException {
    var outcome = new CompletableFuture<T>();
    Thread thread =
        Thread.ofPlatform().daemon().name(name).unstarted(() -> complete(outcome, work));
    try {
      thread.start();
      thread.join();
    } catch (InterruptedException | RuntimeException | Error e) {
      throw new IOException("no thread could do it", e);
    }
    return of(outcome);
  }

  /** The same for any caller. */
  static <T> T run(String name, Work<T> work) throws IOException {
    var known = new CompletableFuture<T>();
    Thread.ofPlatform()
        .daemon()
        .name(name + "-watch")
        .start(() -> complete(known, () -> await(name, work)));
    return of(known);
  }

  private static <T> void complete(CompletableFuture<T> outcome, Work<T> work) {
    try {
      outcome.complete(work.done());
    } catch (IOException | RuntimeException | Error e) {
      outcome.completeExceptionally(e);
    }
  }

  /**
   * What came of work, which is waited for.
   *
   * @throws IOException of the work, with whatever else it has thrown as its cause
   */
  public static <T> T of(CompletableFuture<T> outcome) throws IOException {
    try {
      return outcome.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
    }
  }
}
