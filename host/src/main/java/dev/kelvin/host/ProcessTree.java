package dev.kelvin.host;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The processes of a command: its session, and all descendants, those too that have left the
 * session or lost their parent after they were first seen. Used by one thread.
 */
final class ProcessTree {
  private static final System.Logger LOG = System.getLogger(ProcessTree.class.getName());
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(5);
  private static final long POLL_NANOS = 5_000_000L;

  private final ProcessHandle leader;

  /** When each process that belongs here was started, by pid. */
  private final Map<Long, Long> known = new HashMap<>();

  /** The tree of a process that leads a session. */
  ProcessTree(ProcessHandle leader) {
    this.leader = leader;
  }

  /**
   * Ends all of it: asks each process to end (SIGTERM), and kills what is left after {@code grace}.
   * An interruption shortens the grace and is kept.
   */
  void end(Duration grace) {
    List<ProcStat> members = members();
    if (members.isEmpty()) {
      return;
    }
    members.forEach(member -> ProcessHandle.of(member.pid()).ifPresent(ProcessHandle::destroy));
    if (await(grace, false)) {
      return;
    }
    if (!await(KILL_PATIENCE, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "Processes of session {0} do not die (they hang in the kernel): {1}",
          Long.toString(leader.pid()),
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
        left.forEach(
            member -> ProcessHandle.of(member.pid()).ifPresent(ProcessHandle::destroyForcibly));
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
    known.entrySet().removeIf(entry -> !lives(entry.getKey(), entry.getValue(), living));
    // The kernel gives a pid again only when no process of its session is left.
    boolean recycled = !leader.isAlive() && living.containsKey(leader.pid());
    boolean grew = true;
    while (grew) {
      grew = false;
      for (ProcStat process : living.values()) {
        boolean session = process.session() == leader.pid() && !recycled;
        if (session || known.containsKey(process.parent())) {
          grew |= known.put(process.pid(), process.startTicks()) == null;
        }
      }
    }
    return living.values().stream().filter(process -> known.containsKey(process.pid())).toList();
  }

  private static boolean lives(long pid, long start, Map<Long, ProcStat> living) {
    ProcStat process = living.get(pid);
    return process != null && process.startTicks() == start;
  }
}
