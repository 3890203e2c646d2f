package dev.kelvin.machine.supervise;

import dev.kelvin.machine.engine.DiskFailure;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.guest.GuestNews;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Lifecycle.Trigger;
import dev.kelvin.model.Phase;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Watchdog;
import dev.kelvin.model.spec.WatchdogAction;
import java.time.Duration;
import java.time.Instant;

/**
 * The part of a supervisor that hears what a VM's process, its helpers and its guest's agent tell,
 * and notes what has come of it.
 */
final class Listener {
  private static final String AGENT_MISBEHAVES = "its guest agent breaks its protocol: ";

  /** No guest is up again, and reboots, within that time. */
  private static final Duration ONE_REBOOT = Duration.ofSeconds(1);

  private final VmState vm;
  private final Termination termination;
  private final Starter starter;
  private Instant rebooted = Instant.MIN;

  Listener(VmState vm, Termination termination, Starter starter) {
    this.vm = vm;
    this.termination = termination;
    this.starter = starter;
  }

  void heard(Signal signal) throws InterruptedException {
    switch (signal) {
      case Signal.PoweredOff(boolean byGuest, var detail) -> {
        ExitReason why =
            vm.shutdown != null
                ? ExitReason.SHUTDOWN
                : byGuest ? ExitReason.GUEST_POWEROFF : ExitReason.CRASH;
        termination.end(why, detail);
      }
      case Signal.Panicked(String info) -> {
        vm.tell("vm.guest-panic", info);
        termination.end(ExitReason.GUEST_PANIC, info);
      }
      case Signal.WatchdogFired(String action) -> watchdogFired(action);
      case Signal.Reset(boolean byGuest) -> {
        if (byGuest) {
          guestRebooted();
        }
      }
      case Signal.Paused(String by) -> {
        if (vm.phase() == Phase.RUNNING) {
          vm.move(Trigger.PAUSE, by);
        }
      }
      case Signal.DiskFailed(DiskFailure failure, boolean paused) -> diskFailed(failure, paused);
      case Signal.Resumed() -> {
        if (vm.phase() == Phase.PAUSED) {
          vm.goesOn();
          vm.move(Trigger.RESUME, null);
          vm.wentOn();
        }
      }
      case Signal.HelperLost(String text) -> helperLost(text);
      case Signal.Told(String event, String text) -> vm.tell(event, text);
      case Signal.AgentPort(boolean open) -> {
        GuestWatch watch = vm.guest();
        if (watch != null && open) {
          watch.wake();
        }
      }
      case Signal.Lost(String how) -> {
        Instance now = vm.running();
        if (now != null && !termination.endedWithConnection(now)) {
          starter.unresponsive(how);
        }
      }
    }
  }

  /**
   * A kernel resets its machine in several ways, one after the other, as the first one needs time.
   */
  private void guestRebooted() {
    Instant now = SteadyTime.now();
    if (rebooted.isBefore(now.minus(ONE_REBOOT))) {
      rebooted = now;
      vm.tell("vm.guest-reboot", "the guest rebooted");
      guestRestarted();
    }
  }

  /** It is told before the guest pauses, again and again while it may not be paused for it. */
  private void diskFailed(DiskFailure failure, boolean paused) {
    vm.tell("vm.block-error", failure.disk() + ": " + failure.reason());
    if (!paused) {
      return;
    }
    String why = vm.pausedByDisk(failure);
    if (vm.phase() == Phase.RUNNING) {
      vm.move(Trigger.PAUSE, why);
    } else if (vm.phase() == Phase.PAUSED && !why.equals(vm.status().message())) {
      vm.show(vm.status().in(Phase.PAUSED, why, vm.status().since()));
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
  private void helperLost(String text) {
    Instance now = vm.running();
    if (now == null || now.process().gone()) {
      // It followed the VM's process, whose end is noted in a moment.
      return;
    }
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

  /** The engine pauses a VM that shall be powered off, so that its end is told as what it is. */
  private void watchdogFired(String action) throws InterruptedException {
    Instance now = vm.requireProcess("its watchdog's action");
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
