package dev.kelvin.machine.qemu;

import dev.kelvin.machine.engine.Condition;
import dev.kelvin.machine.engine.DiskFailure;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.qemu.DeviceIds;
import dev.kelvin.qemu.control.QemuSignal;
import dev.kelvin.qemu.control.RunState;

/** What a QEMU tells and does, in the words of all engines. */
final class Translation {
  private Translation() {}

  static Signal of(QemuSignal signal) {
    return switch (signal) {
      case QemuSignal.GuestShutdown(boolean byGuest, String reason) ->
          new Signal.PoweredOff(
              byGuest, byGuest ? null : "QEMU was told to end from outside: " + reason);
      case QemuSignal.GuestPanicked(String info) -> new Signal.Panicked(info);
      case QemuSignal.WatchdogFired(String action) -> new Signal.WatchdogFired(action);
      case QemuSignal.GuestReset(boolean byGuest) -> new Signal.Reset(byGuest);
      case QemuSignal.Paused() -> new Signal.Paused("QEMU paused it");
      case QemuSignal.Resumed() -> new Signal.Resumed();
      case QemuSignal.DeviceDeleted(String id) -> new Signal.Told("vm.device-removed", id);
      case QemuSignal.TrayMoved(String id, boolean open) ->
          new Signal.Told("vm.tray", id + (open ? " opened" : " closed"));
      case QemuSignal.BlockError(String node, boolean paused, boolean full, String reason) ->
          new Signal.DiskFailed(
              new DiskFailure(
                  node.startsWith(DeviceIds.DISK) ? node.substring(DeviceIds.DISK.length()) : node,
                  full,
                  reason),
              paused);
      case QemuSignal.AgentPort(boolean open) -> new Signal.AgentPort(open);
      case QemuSignal.Closed(var why) ->
          new Signal.Lost(
              "its control channel closed" + (why == null ? "" : ": " + why.getMessage()));
    };
  }

  /** That a process which serves a QEMU has ended; see {@link dev.kelvin.qemu.launch.Companion}. */
  static Signal companionEnded(String name) {
    return new Signal.HelperLost(
        name.equals("tpm")
            ? "its TPM has failed: swtpm ended; stop and start the VM to have it again"
            : name + " has failed: virtiofsd ended; stop and start the VM to have it again");
  }

  static Condition of(RunState state) {
    return switch (state) {
      case RUNNING, SUSPENDED -> Condition.RUNNING;
      case PRELAUNCH -> Condition.NOT_LET_GO; // a guest that is reset while it is paused, too
      case PAUSED -> Condition.PAUSED;
      case IO_ERROR -> Condition.DISK_FAILED;
      case INTERNAL_ERROR -> Condition.FAULTY;
      case OTHER -> Condition.FOREIGN;
      case SHUTDOWN -> Condition.POWERED_OFF;
      case WATCHDOG -> Condition.WATCHDOG_FIRED;
      case GUEST_PANICKED -> Condition.PANICKED;
    };
  }
}
