package dev.kelvin.host.cell;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Runs threads that are shut into cells. Such a thread must wake no virtual thread: the JVM may
 * start a carrier for it from there, and a thread in a cell cannot start others. So a second thread
 * waits for it and hands its outcome on.
 */
final class Confined {
  private Confined() {}

  /**
   * Runs a thread to its end.
   *
   * @param outcome that the thread completes
   */
  static <T> T run(Thread thread, CompletableFuture<T> outcome) {
    var known = new CompletableFuture<T>();
    Thread.ofPlatform()
        .daemon()
        .name("cell-watch")
        .start(() -> {
          try {
            thread.start();
            thread.join();
            outcome.completeExceptionally(
                new IllegalStateException("the thread has ended without an outcome"));
            known.complete(outcome.join());
          } catch (CompletionException e) {
            known.completeExceptionally(e.getCause());
          } catch (InterruptedException | RuntimeException | Error e) {
            known.completeExceptionally(e);
          }
        });
    return known.join();
  }
}
