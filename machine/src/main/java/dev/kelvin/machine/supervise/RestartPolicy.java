package dev.kelvin.machine.supervise;

import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.Waits;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import java.time.Duration;
import java.util.Optional;

/** Decides whether and when a VM that ended by itself starts again. */
final class RestartPolicy {
  static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  /** After running this long, an end counts as the first one again. */
  static final Duration GOOD_RUN = Duration.ofMinutes(10);

  private RestartPolicy() {}

  /**
   * How long to wait before the next start; empty when it stays as it is.
   *
   * @param restartsInRow how often it was started again already
   */
  static Optional<Duration> waitBeforeRestart(
      Restart policy, ExitReason reason, int restartsInRow) {
    if (!applies(policy.policy(), reason)) {
      return Optional.empty();
    }
    return waitBeforeRestart(policy, restartsInRow);
  }

  /** As above after a start of its own that failed: one failure does not end the policy. */
  static Optional<Duration> waitAfterFailedStart(Restart policy, int restartsInRow) {
    return policy.policy() == RestartMode.NEVER
        ? Optional.empty()
        : waitBeforeRestart(policy, restartsInRow);
  }

  private static Optional<Duration> waitBeforeRestart(Restart policy, int restartsInRow) {
    if (policy.maxAttempts() > 0 && restartsInRow >= policy.maxAttempts()) {
      return Optional.empty();
    }
    Duration wait = FIRST_WAIT;
    for (int i = 0; i < restartsInRow && wait.compareTo(LONGEST_WAIT) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return Optional.of(Waits.shorter(wait, LONGEST_WAIT));
  }

  private static boolean applies(RestartMode mode, ExitReason reason) {
    return switch (reason) {
      case SHUTDOWN, STOPPED, START_FAILED -> false;
      case GUEST_POWEROFF -> mode == RestartMode.ALWAYS;
      case GUEST_PANIC, WATCHDOG, CRASH, HOST_RESTART -> mode != RestartMode.NEVER;
    };
  }
}
