package dev.kelvin.machine.engine;

/** What an instance was found in when it was asked. */
public enum Condition {
  /** The guest computes, or sleeps by its own will. */
  RUNNING,
  /** The guest has not been let go since its start or its last reset. */
  NOT_LET_GO,
  /** Somebody paused it. */
  PAUSED,
  /** Paused because a disk failed or is full. */
  DISK_FAILED,
  /** What runs it met a fault; only an end helps. */
  FAULTY,
  /** One that Kelvin does not bring about; the guest may run elsewhere. */
  FOREIGN,
  /** The guest is off; the process is still there. */
  POWERED_OFF,
  /** Paused because the guest did not feed its watchdog. */
  WATCHDOG_FIRED,
  /** The guest's kernel panicked; the process is still there. */
  PANICKED
}
