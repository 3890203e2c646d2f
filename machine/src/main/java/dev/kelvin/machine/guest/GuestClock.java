package dev.kelvin.machine.guest;

import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The clock of a guest whose CPUs stood still: it shows the time at which they stopped, and without
 * a time server it does so for ever. Only a clock that is behind the host's is set, and only
 * forward: one that the guest has set right by itself is left alone.
 */
final class GuestClock {
  private static final Logger LOG = System.getLogger(GuestClock.class.getName());

  /** So much no program minds, and a slow agent may make it up. */
  private static final Duration TOLERANCE = Duration.ofSeconds(1);

  private final String vm;
  private final InstantSource host;

  GuestClock(String vm, InstantSource host) {
    this.vm = vm;
    this.host = host;
  }

  /**
   * Sets the clock if it is behind. The host's time is given, rather than that the guest reads its
   * hardware clock: that takes a program which not every guest has, and Windows cannot do it.
   *
   * @throws QmpException when the agent does not answer; one that refuses is left alone
   */
  void catchUp(AgentClient agent) throws QmpException, InterruptedException {
    try {
      // Before it answers: an answer that comes late is no clock that is behind.
      Instant asked = host.instant();
      Duration behind = Duration.between(agent.time(), asked);
      if (behind.compareTo(TOLERANCE) > 0) {
        agent.setTime(host.instant());
        LOG.log(
            Level.INFO,
            () -> "the clock of " + vm + " is set: it was " + behind.toSeconds() + " s behind");
      }
    } catch (QmpException.CommandFailed e) {
      // An agent without hwclock(8) has set the clock, and complains that the hardware clock is
      // not. One that may not set it at all leaves it as it is.
      LOG.log(Level.INFO, () -> "the agent of " + vm + " on its clock: " + e.getMessage());
    }
  }
}
