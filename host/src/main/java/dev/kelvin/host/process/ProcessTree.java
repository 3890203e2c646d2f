package dev.kelvin.host.process;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The processes of a command: its session, and all descendants, those too that have left the
 * session or lost their parent after they were first seen. Used by one thread.
 */
public final class ProcessTree {
  private static final System.Logger LOG = System.getLogger(ProcessTree.class.getName());
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(5);
  private static final long POLL_NANOS = 5_000_000L;

  private final long leader;
  private final BooleanSupplier leads;

  /** Each process that belongs here as it was seen last, by pid. */
  private final Map<Long, ProcStat> known = new HashMap<>();

  /** The tree of a process that leads a session. */
  public ProcessTree(Process leader) {
    this.leader = leader.pid();
    this.leads = leader::isAlive;
  }

  /**
   * Ends all of it: asks each process to end (SIGTERM), and kills what is left after {@code grace}.
   * An interruption shortens the grace and is kept.
   */
  public void end(Duration grace) {
    List<ProcStat> members = members();
    if (members.isEmpty()) {
      return;
    }
    members.forEach(member -> signal(member, ProcessId.SIGTERM));
    if (await(grace, false)) {
      return;
    }
    if (!await(KILL_PATIENCE, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "Processes of session {0} do not die (they hang in the kernel): {1}",
          Long.toString(leader),
          members());
    }
  }

  /** Waits until nothing is left; with {@code kill}, kills whatever appears. */
  private boolean await(Duration patience, boolean kill) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      List<ProcStat> left = members();
      if (left.isEmpty()) {
        return true;
      }
      if (kill) {
        left.forEach(member -> signal(member, ProcessId.SIGKILL));
      }
      if (System.nanoTime() >= deadline || (!kill && Thread.currentThread().isInterrupted())) {
        return false;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** The living processes. */
  private List<ProcStat> members() {
    var living = new HashMap<Long, ProcStat>();
    for (ProcStat process : ProcStat.all()) {
      if (process.runs()) {
        living.put(process.pid(), process);
      }
    }
    // Of those that were seen before, only the ones that are known to have ended are left out.
    known.values().stream()
        .filter(process -> ProcStat.look(process.pid()) instanceof ProcStat.Look.Unknown)
        .forEach(process -> living.putIfAbsent(process.pid(), process));
    known.values().removeIf(process -> !lives(process, living));
    // The kernel gives a pid again only when no process of its session is left.
    boolean recycled = !leads.getAsBoolean() && living.containsKey(leader);
    boolean grew = true;
    while (grew) {
      grew = false;
      for (ProcStat process : living.values()) {
        boolean session = process.session() == leader && !recycled;
        if (session || known.containsKey(process.parent())) {
          grew |= known.put(process.pid(), process) == null;
        }
      }
    }
    return living.values().stream().filter(process -> known.containsKey(process.pid())).toList();
  }

  private static boolean lives(ProcStat seen, Map<Long, ProcStat> living) {
    ProcStat process = living.get(seen.pid());
    return process != null && process.startTicks() == seen.startTicks();
  }

  private static void signal(ProcStat member, int number) {
    try {
      member.id().signal(number);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "Process {0}: {1}", Long.toString(member.pid()), e);
    }
  }
}
