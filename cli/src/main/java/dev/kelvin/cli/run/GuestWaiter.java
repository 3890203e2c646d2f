package dev.kelvin.cli.run;

import dev.kelvin.api.Client;
import dev.kelvin.cli.Interrupts;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Code;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus.Exit;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Waits until a guest says that it is ready. */
public final class GuestWaiter {
  /** What a guest is waited for to tell. */
  public enum Readiness {
    /** That it runs. */
    RUNNING,
    /** That its agent answers and cloud-init is done. */
    CLOUD_INIT
  }

  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration DAEMON_GONE = Duration.ofSeconds(30);

  private static final int LOG_TAIL = 600;

  private final Session session;
  private final Client client;

  /** What was seen last, for those who lose patience. */
  private String lastSeen = "it has not been started yet";

  /** The same in fewer words, for the line of progress. */
  private String shortly = "";

  public GuestWaiter(Session session) {
    this.session = session;
    this.client = session.client();
  }

  /**
   * Waits.
   *
   * @throws ProblemException timeout with what was seen last; host-failure when the VM ends
   *     instead; guest-agent when cloud-init ends with errors
   */
  public Vm await(String name, Readiness readiness, Duration limit) {
    long begun = System.nanoTime();
    try (Progress progress = TaskFollower.progress(session).hint("Ctrl-C detaches");
        var _ = Interrupts.during(() -> detached(progress, name))) {
      progress.step("Boot " + name);
      while (true) {
        Vm vm = look(name, progress);
        if (ready(vm, readiness)) {
          progress.done();
          return vm;
        }
        if (System.nanoTime() - begun > limit.toNanos()) {
          progress.end("not ready");
          throw tooLong(name, limit);
        }
        progress.update(shortly + lastLine(vm));
        session.pause(LOOK);
      }
    }
  }

  private Vm look(String name, Progress progress) {
    long end = System.nanoTime() + DAEMON_GONE.toNanos();
    while (true) {
      try {
        return client.vm(name);
      } catch (ProblemException e) {
        if (e.problem().code() != Code.UNAVAILABLE || System.nanoTime() > end) {
          throw e;
        }
        progress.update("the daemon does not answer; waiting for it");
        session.pause(LOOK);
      }
    }
  }

  private boolean ready(Vm vm, Readiness readiness) {
    Phase phase = vm.status().phase();
    switch (phase) {
      case CRASHED, DELETING, DELETED -> throw ended(vm);
      case STOPPED -> {
        if (vm.status().lastExit() != null) {
          throw ended(vm);
        }
      }
      case PENDING, STARTING, RUNNING, PAUSED, STOPPING, UNRESPONSIVE -> {}
    }
    lastSeen = phase.wire();
    shortly = lastSeen;
    if (phase != Phase.RUNNING) {
      return false;
    }
    if (readiness == Readiness.RUNNING) {
      return true;
    }
    GuestInfo guest = vm.status().guest();
    if (guest == null) {
      lastSeen = "running, the guest agent does not answer yet";
      shortly = "no agent yet";
      return false;
    }
    String cloudInit = guest.cloudInit() == null ? "" : guest.cloudInit();
    lastSeen =
        "the guest agent answers, cloud-init "
            + (cloudInit.isEmpty() ? "says nothing yet" : "is " + cloudInit);
    shortly = "cloud-init " + (cloudInit.isEmpty() ? "not yet begun" : cloudInit);
    return switch (cloudInit) {
      case "done", "disabled" -> true;
      case "error" -> throw cloudInitFailed(vm);
      default -> false;
    };
  }

  private static ProblemException cloudInitFailed(Vm vm) {
    String name = vm.metadata().name();
    return Problem.of(Code.GUEST_AGENT, "The guest runs, but cloud-init ended with errors")
        .on(vm.ref())
        .because("it says so itself")
        .remedy("see: kelvin exec " + name + " -- cloud-init status --long")
        .asException();
  }

  private static ProblemException ended(Vm vm) {
    Exit exit = vm.status().lastExit();
    String how = exit == null ? vm.status().phase().wire() : exit.reason().wire();
    String detail = exit == null ? vm.status().message() : exit.detail();
    return Problem.of(Code.HOST_FAILURE, "The VM ended before it was ready")
        .on(vm.ref())
        .because(how + (detail == null ? "" : ": " + detail))
        .remedy("see what it wrote: kelvin logs " + vm.metadata().name())
        .asException();
  }

  private ProblemException tooLong(String name, Duration limit) {
    return Problem.of(Code.TIMEOUT, "The guest is not ready after " + Units.span(limit))
        .on("vm/" + name)
        .because("last seen: " + lastSeen)
        .remedy("it goes on; look at it with kelvin logs " + name + " or kelvin console " + name)
        .asException();
  }

  /** The last thing that the guest wrote to its serial port, which shows that it is alive. */
  private String lastLine(Vm vm) {
    if (!vm.spec().serial().enabled() || !session.terminal().hasErrors()) {
      return "";
    }
    try {
      String text =
          new String(client.serialLog(vm.metadata().name(), LOG_TAIL), StandardCharsets.UTF_8);
      String[] lines = text.strip().split("[\\r\\n]+", -1);
      String last = lines[lines.length - 1].strip();
      return last.isEmpty() ? "" : ": " + last;
    } catch (ProblemException notNow) {
      // The line is an ornament.
      return "";
    }
  }

  private void detached(Progress progress, String name) {
    progress.clear();
    session.err().println("Detached. " + name + " goes on; look at it with: kelvin show " + name);
  }
}
