package dev.kelvin.qemu.control;

import dev.kelvin.model.ProblemException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Takes back what was done, last first, unless it is told that all went well. */
final class Undo implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Undo.class.getName());

  /** One thing to take back. */
  interface Action {
    void run() throws InterruptedException;
  }

  private final Deque<Action> actions = new ArrayDeque<>();

  void add(Action action) {
    actions.push(action);
  }

  void success() {
    actions.clear();
  }

  @Override
  public void close() {
    boolean interrupted = false;
    while (!actions.isEmpty()) {
      try {
        actions.pop().run();
      } catch (ProblemException e) {
        // The first failure is what the user hears of; this one is for who looks for the rest.
        LOG.log(System.Logger.Level.WARNING, "undoing a failed plug: " + e.getMessage(), e);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
