package dev.kelvin.qemu.control;

/** What a QEMU process does, in QAPI's words (RunState), several of them taken together. */
public enum RunState {
  RUNNING,
  /** Started with {@code -S} and not yet continued. */
  PRELAUNCH,
  /** Somebody paused it. */
  PAUSED,
  /** The guest powered off. */
  SHUTDOWN,
  GUEST_PANICKED,
  /** Paused because the guest did not feed its watchdog. */
  WATCHDOG,
  /** Paused because a disk failed or is full. */
  IO_ERROR,
  /** The guest sleeps (ACPI S3). */
  SUSPENDED,
  /** KVM or QEMU met a fault; only a reset or quit helps. */
  INTERNAL_ERROR,
  /** One of those that Kelvin does not bring about: migration, debugger and the like. */
  OTHER;

  static RunState of(String qapi) {
    return switch (qapi) {
      case "running" -> RUNNING;
      case "prelaunch" -> PRELAUNCH;
      case "paused" -> PAUSED;
      case "shutdown" -> SHUTDOWN;
      case "guest-panicked" -> GUEST_PANICKED;
      case "watchdog" -> WATCHDOG;
      case "io-error" -> IO_ERROR;
      case "suspended" -> SUSPENDED;
      case "internal-error" -> INTERNAL_ERROR;
      default -> OTHER;
    };
  }
}
