package dev.kelvin.state.task;

import java.time.Duration;

/**
 * How a {@link TaskEngine} behaves.
 *
 * @param firstRetry how long after a failed undo (or a failed write of the store) it is tried again
 * @param lastRetry what that time, doubled at each failure, grows to
 * @param progressInterval how often listeners are told of a task's progress at most
 * @param keepTasks how many ended tasks are kept
 * @param keepFor how long they are kept
 * @param closeTimeout how long {@link TaskEngine#close} waits for interrupted steps
 * @param submitPatience how long whoever submits a task waits while it is not known whether the
 *     store has taken it
 */
public record TaskSettings(
    Duration firstRetry,
    Duration lastRetry,
    Duration progressInterval,
    int keepTasks,
    Duration keepFor,
    Duration closeTimeout,
    Duration submitPatience) {

  public static TaskSettings defaults() {
    return new TaskSettings(
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        Duration.ofMillis(200),
        1_000,
        Duration.ofDays(7),
        Duration.ofSeconds(10),
        Duration.ofSeconds(8));
  }
}
