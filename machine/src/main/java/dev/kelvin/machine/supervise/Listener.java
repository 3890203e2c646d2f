package dev.kelvin.machine.supervise;

import dev.kelvin.machine.guest.GuestNews;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.launch.Running;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Lifecycle.Trigger;
import dev.kelvin.model.Phase;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Watchdog;
import dev.kelvin.model.spec.WatchdogAction;
import dev.kelvin.qemu.QemuSignal;

/**
 * The part of a supervisor that hears what a VM's process, its helpers and its guest's agent tell,
 * and notes what has come of it.
 */
final class Listener {
  private static final String AGENT_MISBEHAVES = "its guest agent breaks its protocol: ";

  private final VmState vm;
  private final Termination termination;
  private final Starter starter;

  Listener(VmState vm, Termination termination, Starter starter) {
    this.vm = vm;
    this.termination = termination;
    this.starter = starter;
  }

  void heard(QemuSignal signal) throws InterruptedException {
    switch (signal) {
      case QemuSignal.GuestShutdown(boolean byGuest, String reason) -> {
        ExitReason why =
            vm.shutdown != null
                ? ExitReason.SHUTDOWN
                : byGuest ? ExitReason.GUEST_POWEROFF : ExitReason.CRASH;
        termination.end(why, byGuest ? null : "QEMU was told to end from outside: " + reason);
      }
      case QemuSignal.GuestPanicked(String info) -> {
        vm.tell("vm.guest-panic", info);
        termination.end(ExitReason.GUEST_PANIC, info);
      }
      case QemuSignal.WatchdogFired(String action) -> watchdogFired(action);
      case QemuSignal.GuestReset(boolean byGuest) -> {
        if (byGuest) {
          vm.tell("vm.guest-reboot", "the guest rebooted");
          guestRestarted();
        }
      }
      case QemuSignal.Paused() -> {
        if (vm.phase() == Phase.RUNNING) {
          vm.move(Trigger.PAUSE, "QEMU paused it");
        }
      }
      case QemuSignal.Resumed() -> {
        if (vm.phase() == Phase.PAUSED) {
          vm.move(Trigger.RESUME, null);
        }
      }
      case QemuSignal.DeviceDeleted(String id) -> vm.tell("vm.device-removed", id);
      case QemuSignal.TrayMoved(String id, boolean open) ->
          vm.tell("vm.tray", id + (open ? " opened" : " closed"));
      case QemuSignal.BlockError(String node, String reason) ->
          vm.tell("vm.block-error", node + ": " + reason);
      case QemuSignal.CompanionEnded(String name) -> companionEnded(name);
      case QemuSignal.AgentPort(boolean open) -> {
        GuestWatch watch = vm.guest();
        if (watch != null && open) {
          watch.wake();
        }
      }
      case QemuSignal.Closed(var why) -> {
        Running now = vm.running();
        if (now != null && !termination.endedWithConnection(now)) {
          starter.unresponsive(
              "its control channel closed" + (why == null ? "" : ": " + why.getMessage()));
        }
      }
    }
  }

  void heard(GuestNews news) {
    switch (news) {
      case GuestNews.Told(GuestInfo info) -> vm.show(vm.status().withGuest(info));
      case GuestNews.Misbehaves(String how) -> {
        String text = AGENT_MISBEHAVES + how + "; it is asked again later";
        vm.show(vm.status().withGuest(null).in(vm.phase(), text, vm.status().since()));
        vm.tell("vm.agent-misbehaves", text);
      }
      case GuestNews.Behaves() -> {
        String message = vm.status().message();
        if (message != null && message.startsWith(AGENT_MISBEHAVES)) {
          vm.show(vm.status().in(vm.phase(), null, vm.status().since()));
        }
      }
    }
  }

  /** A process that serves a VM ended before it: what the guest had of it is gone. */
  private void companionEnded(String name) {
    Running now = vm.running();
    if (now == null || now.process().gone()) {
      // It followed its QEMU, whose end is noted in a moment.
      return;
    }
    String text =
        name.equals("tpm")
            ? "its TPM has failed: swtpm ended; stop and start the VM to have it again"
            : name + " has failed: virtiofsd ended; stop and start the VM to have it again";
    vm.show(vm.status().in(vm.phase(), text, vm.status().since()));
    vm.tell("vm.helper-lost", text);
  }

  /** What its agent said of the guest is of before. */
  void guestRestarted() {
    GuestWatch watch = vm.guest();
    if (watch != null) {
      watch.guestRestarted();
    }
    vm.show(vm.status().withGuest(null));
  }

  /** QEMU pauses a VM that shall be powered off, so that its end is told as what it is. */
  private void watchdogFired(String action) throws InterruptedException {
    Running now = vm.requireProcess("its watchdog's action");
    Watchdog wanted = now.run().spec().watchdog();
    boolean off = wanted != null && wanted.action() == WatchdogAction.POWEROFF;
    vm.tell("vm.watchdog", "the guest did not feed its watchdog: " + (off ? "poweroff" : action));
    if (off) {
      termination.end(ExitReason.WATCHDOG, "the guest did not feed its watchdog");
    } else if (action.equals("pause") && vm.phase() == Phase.RUNNING) {
      vm.move(Trigger.PAUSE, "its guest did not feed the watchdog");
    }
  }
}
