package dev.kelvin.machine.guest;

import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Waits;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.AgentClient.ExecResult;
import dev.kelvin.qmp.QmpException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs programs in a guest by its agent. The agent has no command to end one: what runs too long,
 * or is not wanted any more, is ended by the guest's own means, and where that fails the problem
 * names the process that still runs.
 */
public final class GuestPrograms {
  private static final Logger LOG = System.getLogger(GuestPrograms.class.getName());
  private static final Duration FIRST_LOOK = Duration.ofMillis(20);
  private static final Duration LAST_LOOK = Duration.ofSeconds(1);

  /** How long a program has to end by itself after it was told to, and then after SIGKILL. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

  private final String vm;
  private final AgentSource source;
  private final Duration grace;

  public GuestPrograms(String vm, AgentSource source) {
    this(vm, source, GRACE);
  }

  /** One with another time for programs to end in. */
  GuestPrograms(String vm, AgentSource source, Duration grace) {
    this.vm = vm;
    this.source = source;
    this.grace = grace;
  }

  /**
   * Runs a program and waits for its end.
   *
   * @param unwanted opened when nobody waits for it any more
   * @throws ProblemException timeout when it ran too long, cancelled when it was not wanted any
   *     more: it has been ended, or the problem says that it runs on; guest-agent when the agent
   *     refuses
   */
  public ExecResult run(GuestProgram program, CountDownLatch unwanted) throws InterruptedException {
    long deadline = System.nanoTime() + program.timeout().toNanos();
    long pid = start(program);
    Duration look = FIRST_LOOK;
    ProblemException silence = null;
    while (true) {
      try {
        ExecResult result = source.agent().ended(pid);
        if (result != null) {
          return result;
        }
        silence = null;
      } catch (QmpException.CommandFailed | QmpException.ProtocolViolation e) {
        throw lost(program, pid, AgentProblems.of(vm, e));
      } catch (QmpException e) {
        silence = AgentProblems.of(vm, e);
      } catch (ProblemException e) {
        if (e.problem().code() != Code.GUEST_AGENT) {
          throw lost(program, pid, e);
        }
        silence = e;
      }
      // An agent that is silent may be back before the deadline: a guest that is busy answers late.
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw silence == null ? overdue(program, pid) : lost(program, pid, silence);
      }
      if (unwanted.await(Math.min(left, look.toNanos()), TimeUnit.NANOSECONDS)) {
        throw cancelled(program, pid);
      }
      look = Waits.twice(look, LAST_LOOK);
    }
  }

  private long start(GuestProgram program) throws InterruptedException {
    AgentClient agent = source.agent();
    try {
      var with = new AgentEnvironment(agent).with(program.command(), program.environment());
      return agent.start(with.command(), with.environment(), program.input());
    } catch (QmpException e) {
      throw notStarted(program, e);
    }
  }

  private ProblemException notStarted(GuestProgram program, QmpException e) {
    return switch (e) {
      case QmpException.CommandFailed refused ->
          Problem.of(Code.GUEST_AGENT, "The guest agent does not start the program")
              .on(Vm.ref(vm))
              .because(refused.description())
              .remedy(
                  "check that \""
                      + shown(program)
                      + "\" is a program of the guest, and that its agent may run programs"
                      + " (guest-exec)")
              .asException(e);
      case QmpException.TimedOut late when late.sent() ->
          Problem.of(Code.TIMEOUT, "The guest agent does not answer")
              .on(Vm.ref(vm))
              .because(e.getMessage() + "; whether the program runs is not known")
              .remedy("look at the guest: kelvin console " + vm)
              .asException(e);
      default -> AgentProblems.of(vm, e);
    };
  }

  private static String shown(GuestProgram program) {
    String name = program.command().getFirst();
    return name.length() <= 80 ? name : name.substring(0, 80) + "...";
  }

  /** It is not known any more what the program does. */
  private static ProblemException lost(GuestProgram program, long pid, ProblemException e) {
    Problem known = e.problem();
    boolean over =
        known.code() == Code.WRONG_STATE && !known.detail().endsWith(Phase.PAUSED.wire());
    if (over) {
      return e; // it has ended with its VM
    }
    return known
        .because(
            "%s; %s may still run in the guest, as process %d"
                .formatted(known.cause(), shown(program), pid))
        .asException(e);
  }

  private ProblemException overdue(GuestProgram program, long pid) throws InterruptedException {
    return ended(
        program,
        pid,
        Code.TIMEOUT,
        "The program ran longer than it may",
        "it had not ended after " + program.timeout().toSeconds() + " s");
  }

  private ProblemException cancelled(GuestProgram program, long pid) throws InterruptedException {
    return ended(
        program, pid, Code.CANCELLED, "The program was cancelled", "nobody waits for it any more");
  }

  private ProblemException ended(GuestProgram program, long pid, Code code, String what, String why)
      throws InterruptedException {
    if (end(pid)) {
      return Problem.of(code, what)
          .on(Vm.ref(vm))
          .because(why + "; it has been ended in the guest")
          .remedy(
              code == Code.TIMEOUT
                  ? "give it more time: --timeout (API: timeoutSeconds)"
                  : "run it again if it is needed")
          .asException();
    }
    return Problem.of(code == Code.CANCELLED ? Code.GUEST_AGENT : code, what)
        .on(Vm.ref(vm))
        .because(
            "%s, and it still runs in the guest, as process %d (%s)"
                .formatted(why, pid, shown(program)))
        .remedy("end it there: kelvin exec %s -- kill -9 %d".formatted(vm, pid))
        .asException();
  }

  /** Ends a program with what it has started; false when that is not seen to have happened. */
  private boolean end(long pid) throws InterruptedException {
    try {
      AgentClient agent = source.agent();
      if (AgentEnvironment.isWindows(agent)) {
        quick(agent, List.of("taskkill.exe", "/PID", Long.toString(pid), "/T", "/F"));
        return awaitEnd(pid);
      }
      var tree = new ProcessTree(agent);
      var all = tree.of(pid);
      signal(agent, "-TERM", List.copyOf(all.keySet()));
      boolean ended = awaitEnd(pid);
      if (!ended) {
        all.putAll(tree.of(pid));
      }
      List<Long> rest = tree.remaining(all);
      if (ended) {
        rest = rest.stream().filter(one -> one != pid).toList();
      }
      if (!rest.isEmpty()) {
        signal(agent, "-KILL", rest);
      }
      return ended || awaitEnd(pid);
    } catch (QmpException | ProblemException e) {
      LOG.log(Level.INFO, () -> "process " + pid + " of " + vm + " is not ended: " + e);
      return false;
    }
  }

  /** The shell has this command where the guest has no program for it. */
  private void signal(AgentClient agent, String signal, List<Long> pids)
      throws QmpException, InterruptedException {
    var command = new ArrayList<>(List.of("sh", "-c", "kill \"$@\"", "sh", signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    quick(agent, command);
  }

  private void quick(AgentClient agent, List<String> command)
      throws QmpException, InterruptedException {
    ExecResult result = agent.exec(command, KILL_LIMIT);
    if (result.exitCode() != 0) {
      // As when one of several has ended meanwhile; what counts is what is seen afterwards.
      LOG.log(Level.DEBUG, () -> command + " in " + vm + " ends with " + result.exitCode());
    }
  }

  private boolean awaitEnd(long pid) throws QmpException, InterruptedException {
    long deadline = System.nanoTime() + grace.toNanos();
    var nobody = new CountDownLatch(1);
    Duration look = FIRST_LOOK;
    while (true) {
      @Nullable ExecResult result = source.agent().ended(pid);
      if (result != null) {
        return true;
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      boolean never = nobody.await(Math.min(left, look.toNanos()), TimeUnit.NANOSECONDS);
      assert !never : "nobody counts it down";
      look = Waits.twice(look, LAST_LOOK);
    }
  }
}
