package dev.kelvin.model;

import static dev.kelvin.model.Phase.*;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The states of a VM and what leads from one to another, as a table. Each change of a VM's phase is
 * one of its rows, and each row happens: a VM that is deleted leaves the table, since nothing is
 * left that could have a phase.
 */
public final class Lifecycle {
  /** What can happen to a VM: wishes of users and observations of its process. */
  public enum Trigger {
    CREATED,
    START,
    STARTED,
    START_FAILED,
    PAUSE,
    RESUME,
    SHUTDOWN,
    /** The guest did not follow a request to shut down and is left running. */
    SHUTDOWN_REFUSED,
    /** The process is gone as it was asked to, or because the guest powered off. */
    EXITED,
    /** The process is gone and nobody asked for it. */
    CRASH,
    /** A VM that was taken to have none has a process, which nobody has talked to yet. */
    PROCESS_FOUND,
    /** The control channel stopped answering. */
    LOST,
    /** The process was asked after a time without contact: the virtual CPUs run. */
    FOUND_RUNNING,
    /** As {@link #FOUND_RUNNING}: the virtual CPUs are paused. */
    FOUND_PAUSED,
    DELETE,
    DELETE_FAILED;

    /** As events call it, such as {@code start-failed}. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** One row of the table. */
  public record Transition(Phase from, Trigger trigger, Phase to) {}

  public static final List<Transition> TABLE =
      List.of(
          row(PENDING, Trigger.CREATED, STOPPED),
          row(STOPPED, Trigger.START, STARTING),
          row(CRASHED, Trigger.START, STARTING),
          row(STARTING, Trigger.STARTED, RUNNING),
          row(STARTING, Trigger.START_FAILED, STOPPED),
          row(STARTING, Trigger.CRASH, CRASHED),
          row(RUNNING, Trigger.PAUSE, PAUSED),
          row(PAUSED, Trigger.RESUME, RUNNING),
          row(RUNNING, Trigger.SHUTDOWN, STOPPING),
          row(STOPPING, Trigger.SHUTDOWN_REFUSED, RUNNING),
          row(RUNNING, Trigger.EXITED, STOPPED),
          row(PAUSED, Trigger.EXITED, STOPPED),
          row(STOPPING, Trigger.EXITED, STOPPED),
          row(UNRESPONSIVE, Trigger.EXITED, STOPPED),
          row(RUNNING, Trigger.CRASH, CRASHED),
          row(PAUSED, Trigger.CRASH, CRASHED),
          row(STOPPING, Trigger.CRASH, CRASHED),
          row(UNRESPONSIVE, Trigger.CRASH, CRASHED),
          row(RUNNING, Trigger.LOST, UNRESPONSIVE),
          row(PAUSED, Trigger.LOST, UNRESPONSIVE),
          row(STOPPING, Trigger.LOST, UNRESPONSIVE),
          row(UNRESPONSIVE, Trigger.FOUND_RUNNING, RUNNING),
          row(UNRESPONSIVE, Trigger.FOUND_PAUSED, PAUSED),
          row(STOPPED, Trigger.DELETE, DELETING),
          row(CRASHED, Trigger.DELETE, DELETING),
          row(PENDING, Trigger.DELETE, DELETING),
          row(DELETING, Trigger.DELETE_FAILED, STOPPED),
          // What a daemon finds that takes over from another, which may have died at any moment.
          row(PENDING, Trigger.PROCESS_FOUND, UNRESPONSIVE),
          row(STOPPED, Trigger.PROCESS_FOUND, UNRESPONSIVE),
          row(CRASHED, Trigger.PROCESS_FOUND, UNRESPONSIVE),
          row(DELETING, Trigger.PROCESS_FOUND, UNRESPONSIVE),
          row(STARTING, Trigger.FOUND_RUNNING, RUNNING),
          row(STARTING, Trigger.FOUND_PAUSED, PAUSED),
          row(RUNNING, Trigger.FOUND_PAUSED, PAUSED),
          row(PAUSED, Trigger.FOUND_RUNNING, RUNNING),
          row(STOPPING, Trigger.FOUND_RUNNING, RUNNING),
          row(STOPPING, Trigger.FOUND_PAUSED, PAUSED),
          row(STARTING, Trigger.LOST, UNRESPONSIVE),
          row(STARTING, Trigger.EXITED, STOPPED));

  private Lifecycle() {}

  private static Transition row(Phase from, Trigger trigger, Phase to) {
    return new Transition(from, trigger, to);
  }

  /** Where {@code trigger} leads from {@code from}, if it can happen there. */
  public static Optional<Phase> next(Phase from, Trigger trigger) {
    return TABLE.stream()
        .filter(row -> row.from() == from && row.trigger() == trigger)
        .map(Transition::to)
        .findFirst();
  }
}
