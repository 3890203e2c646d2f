package dev.kelvin.machine.engine;

import org.jspecify.annotations.Nullable;

/** What an instance tells unasked. */
public sealed interface Signal {
  /**
   * The guest is off, or the process is about to end; it may still be there.
   *
   * @param byGuest whether the guest did it
   * @param detail who else did, for people; null for nothing to say
   */
  record PoweredOff(boolean byGuest, @Nullable String detail) implements Signal {}

  /** The guest's kernel panicked; the process is still there. */
  record Panicked(String info) implements Signal {}

  /**
   * The guest did not feed its watchdog.
   *
   * @param action what was done about it; {@code pause} for no more than that
   */
  record WatchdogFired(String action) implements Signal {}

  /** The guest was reset and runs on. */
  record Reset(boolean byGuest) implements Signal {}

  /**
   * The guest has stopped where it was.
   *
   * @param by who paused it, for people
   */
  record Paused(String by) implements Signal {}

  /**
   * The host could not read or write a disk.
   *
   * @param paused whether the guest stops for it, so that nothing is lost
   */
  record DiskFailed(DiskFailure failure, boolean paused) implements Signal {}

  /** The guest computes again. */
  record Resumed() implements Signal {}

  /** The guest's agent opened its channel, or let go of it. */
  record AgentPort(boolean open) implements Signal {}

  /**
   * A process that serves the instance has ended, perhaps since the instance has.
   *
   * @param text what the guest lacks now, for people
   */
  record HelperLost(String text) implements Signal {}

  /**
   * The last signal: there is no connection any more, since the process ended or in spite of it.
   *
   * @param how for people
   */
  record Lost(String how) implements Signal {}

  /**
   * Something that changes nothing of what is known of the VM.
   *
   * @param event of which kind, such as {@code vm.tray}
   * @param text for people
   */
  record Told(String event, String text) implements Signal {
    @Override
    public Object kind() {
      return event;
    }
  }

  /** What it is counted among where many wait. */
  default Object kind() {
    return getClass();
  }
}
