package dev.kelvin.state;

import dev.kelvin.model.ProblemException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Waits for other threads. */
final class Answers {
  private Answers() {}

  /**
   * The answer, whatever interrupts the wait: what was asked happens anyway, so the caller must
   * know it.
   */
  static <T> T of(CompletableFuture<T> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ProblemException known) {
        // The stack of this caller says more than that of the store's thread.
        throw known.problem().asException(known);
      }
      throw e;
    }
  }
}
