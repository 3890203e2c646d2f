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
import java.util.regex.Pattern;

/** Waits until a guest says that it is ready. */
public final class GuestWaiter {
  /** What a guest is waited for to tell. */
  public enum Readiness {
    /** That it runs. */
    RUNNING,
    /** That its agent answers and cloud-init is done. */
    CLOUD_INIT,
    /**
     * The same of a guest that may have no agent: there cloud-init's last words on the serial port
     * are enough, and in the end that it has been silent for a while.
     */
    ANY_SIGN
  }

  /** As cloud-init ends (the module "Final Message" of its documentation). */
  private static final Pattern LAST_WORDS = Pattern.compile("Cloud-init v\\. \\S+ finished at ");

  /** How much of the serial port's log they are looked for in; bytes. */
  private static final int WORDS_TAIL = 16_384;

  /**
   * For a guest that may have no agent.
   *
   * @param words how often cloud-init's last words are looked for
   * @param agent how long after them an agent may still come
   * @param all how long the guest says nothing new until it is waited for no longer
   */
  record Patience(Duration words, Duration agent, Duration all) {
    static Patience usual() {
      return new Patience(Duration.ofSeconds(2), Duration.ofSeconds(8), Duration.ofMinutes(5));
    }
  }

  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration DAEMON_GONE = Duration.ofSeconds(30);

  private static final int LOG_TAIL = 600;

  private final Session session;
  private final Client client;
  private final Patience patience;

  /** What was seen last, for those who lose patience. */
  private String lastSeen = "it has not been started yet";

  /** The same in fewer words, for the line of progress. */
  private String shortly = "";

  /** Since when its serial port has said nothing new, and when that was looked at. */
  private long silentSince;

  private long looked;
  private String heard = "";
  private long heardLastWords;

  public GuestWaiter(Session session) {
    this(session, Patience.usual());
  }

  GuestWaiter(Session session, Patience patience) {
    this.session = session;
    this.client = session.client();
    this.patience = patience;
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
      case CRASHED, DELETING -> throw ended(vm);
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
      return readiness == Readiness.ANY_SIGN && readyWithoutAgent(vm);
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

  private boolean readyWithoutAgent(Vm vm) {
    long now = System.nanoTime();
    if (silentSince == 0) {
      silentSince = now;
      looked = now;
    }
    if (heardLastWords == 0 && now - looked >= patience.words().toNanos()) {
      looked = now;
      String words = tail(vm, WORDS_TAIL);
      heardLastWords = LAST_WORDS.matcher(words).find() ? now : 0;
      if (!words.equals(heard)) { // it still boots, on a slow host for long
        heard = words;
        silentSince = now;
      }
    }
    boolean noneCame = heardLastWords != 0 && now - heardLastWords >= patience.agent().toNanos();
    return noneCame || now - silentSince >= patience.all().toNanos();
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
        .on(Vm.ref(name))
        .because("last seen: " + lastSeen)
        .remedy("it goes on; look at it with kelvin logs " + name + " or kelvin console " + name)
        .asException();
  }

  /** The last thing that the guest wrote to its serial port, which shows that it is alive. */
  private String lastLine(Vm vm) {
    if (!session.terminal().hasErrors()) {
      return "";
    }
    String[] lines = tail(vm, LOG_TAIL).strip().split("[\\r\\n]+", -1);
    String last = lines[lines.length - 1].strip();
    return last.isEmpty() ? "" : ": " + last;
  }

  /** The end of what it wrote to its serial port; nothing while that cannot be had. */
  private String tail(Vm vm, int length) {
    if (!vm.spec().serial().enabled()) {
      return "";
    }
    try {
      return new String(client.serialLog(vm.metadata().name(), length), StandardCharsets.UTF_8);
    } catch (ProblemException notNow) {
      // It is asked for again soon, and whoever waits for the VM hears what is wrong with it.
      return "";
    }
  }

  private void detached(Progress progress, String name) {
    progress.clear();
    session.err().println("Detached. " + name + " goes on; look at it with: kelvin show " + name);
  }
}
