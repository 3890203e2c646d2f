package dev.kelvin.model;

/**
 * Where long work tells how far it is. Work is cancelled by interrupting its thread; whoever waits
 * there ends its own children and passes the interruption on.
 */
@FunctionalInterface
public interface ProgressSink {
  /** Called as often as the work likes; whoever shows it chooses how often to. */
  void report(Task.Progress progress);

  static ProgressSink none() {
    return progress -> {};
  }
}
