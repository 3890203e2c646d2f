package dev.kelvin.machine.engine;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.store.RunRecord;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon holds of a VM while its process runs. It never changes: one whose record has
 * changed is another one, with the same process and connection.
 *
 * <p>What asks the process may throw {@link dev.kelvin.model.ProblemException}: timeout when it
 * does not answer, unavailable when the connection is gone, and what the engine says when it
 * refuses. All may be asked by several threads at once.
 */
public interface Instance extends AutoCloseable {
  ProcessId process();

  /** The machine as it runs. */
  RunRecord run();

  Instance withRun(RunRecord newRun);

  /** Whether the connection stands. The process may run on without it. */
  boolean isOpen();

  /** Asks what it does now. */
  Condition condition() throws InterruptedException;

  /** What the disk is that failed, while that is its condition; null when it does not tell. */
  @Nullable DiskFailure diskFailure() throws InterruptedException;

  /** Lets the guest compute: for the first time, or again. */
  void proceed() throws InterruptedException;

  /** Stops the guest where it is. */
  void pause() throws InterruptedException;

  /** Resets the guest at once, as its reset button would. */
  void reset() throws InterruptedException;

  /**
   * Asks the process to end at once, whatever the guest does. It takes at most five seconds to be
   * told that it will; the process ends later.
   */
  void end() throws InterruptedException;

  /** Asks the guest to end by itself, as a power button does; it may pay no heed. */
  void requestShutdown() throws InterruptedException;

  /**
   * Presses keys, one chord after another.
   *
   * @param chords such as {@code ctrl-alt-delete}
   */
  void sendKeys(List<String> chords) throws InterruptedException;

  /**
   * Has the process write what a screen shows.
   *
   * @param png where to; the process must be able to write there
   * @param screen from 1; one that the VM has
   */
  void screenshot(Path png, int screen) throws InterruptedException;

  /** The end of what the process has said, also when it is gone; null when that is nothing. */
  @Nullable String lastWords();

  /** Lets go of the process; it goes on. */
  @Override
  void close();
}
