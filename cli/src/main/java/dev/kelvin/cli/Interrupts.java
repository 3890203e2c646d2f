package dev.kelvin.cli;

import java.io.Closeable;
import java.util.concurrent.locks.LockSupport;

/**
 * What happens on Ctrl-C. The JVM answers it by ending, with exit code 130, after its shutdown
 * hooks; a hook that is there for the time of some work is told of it.
 */
public final class Interrupts {
  private Interrupts() {}

  /** Runs {@code onInterrupt} when the user interrupts the work that goes on until it is closed. */
  public static Work during(Runnable onInterrupt) {
    var hook = new Thread(onInterrupt, "interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
    return () -> forget(hook);
  }

  /** Work that can be interrupted. */
  public interface Work extends Closeable {
    @Override
    void close();
  }

  static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // The user has interrupted: the hook has the last word, and nothing more is said here.
      while (true) {
        LockSupport.park();
      }
    }
  }
}
