package dev.kelvin.qemu.control;

import org.jspecify.annotations.Nullable;

/** What a running QEMU tells unasked. */
public sealed interface QemuSignal {
  /**
   * The guest is off, or QEMU is about to end. A QEMU whose guest powered off stays, paused, in
   * {@link RunState#SHUTDOWN} until {@link RunningVm#quit}, so that a daemon that was not there can
   * still tell a power-off from a crash. One that was told to quit, or that got a signal, ends.
   *
   * @param byGuest whether the guest did it
   * @param reason {@code guest-shutdown}, {@code host-qmp-quit}, {@code host-signal} and others of
   *     QAPI's ShutdownCause
   */
  record GuestShutdown(boolean byGuest, String reason) implements QemuSignal {}

  /** The machine was reset and runs on; by the guest, or by {@link RunningVm#reset}. */
  record GuestReset(boolean byGuest) implements QemuSignal {}

  /** The guest's kernel panicked. QEMU stays, paused, in {@link RunState#GUEST_PANICKED}. */
  record GuestPanicked(String info) implements QemuSignal {}

  /**
   * The guest did not feed its watchdog.
   *
   * @param action what QEMU does about it; {@code pause} leaves it in {@link RunState#WATCHDOG}
   */
  record WatchdogFired(String action) implements QemuSignal {}

  /** The virtual CPUs stopped. */
  record Paused() implements QemuSignal {}

  /** The virtual CPUs run. */
  record Resumed() implements QemuSignal {}

  /** The guest let go of a device, and QEMU has removed it. */
  record DeviceDeleted(String id) implements QemuSignal {}

  /** The tray of a CD drive opened or closed. */
  record TrayMoved(String id, boolean open) implements QemuSignal {}

  /**
   * Reading or writing a disk failed on the host. QAPI: BLOCK_IO_ERROR.
   *
   * @param node the block node, {@code disk-NAME}
   * @param paused whether QEMU pauses the VM for it, as on a full disk
   * @param full whether the host has no space
   * @param reason in the host's words
   */
  record BlockError(String node, boolean paused, boolean full, String reason)
      implements QemuSignal {}

  /** The guest's agent opened its channel, or let go of it. */
  record AgentPort(boolean open) implements QemuSignal {}

  /** The last signal: there is no connection to QEMU any more. Null when Kelvin closed it. */
  record Closed(@Nullable Throwable why) implements QemuSignal {}
}
