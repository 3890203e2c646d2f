package dev.kelvin.machine.guest;

import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A process of a Linux guest and those that it has started, as its /proc tells (proc(5)). The agent
 * starts programs in its own session, so there is no group that could be signalled instead. What
 * has made itself independent, as services do, is not among them.
 */
final class ProcessTree {
  /** A guest that tells of more has only these ended. */
  private static final int MOST = 128;

  private static final int MAX_FILE = 16 << 10;

  /** However slowly a guest tells of each. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final AgentClient agent;

  ProcessTree(AgentClient agent) {
    this.agent = agent;
  }

  /**
   * The process and its descendants.
   *
   * @return each with what tells it from a later one of the same number; only the process itself,
   *     with an empty mark, where there is no such /proc
   */
  Map<Long, String> of(long pid) throws QmpException, InterruptedException {
    var found = new LinkedHashMap<Long, String>();
    var left = new ArrayDeque<Long>(List.of(pid));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!left.isEmpty() && found.size() < MOST && System.nanoTime() < deadline) {
      long next = left.remove();
      if (found.putIfAbsent(next, mark(next)) == null) {
        left.addAll(children(next));
      }
    }
    return found;
  }

  /** Those of {@code before} that are the same processes still, as far as is told in time. */
  List<Long> remaining(Map<Long, String> before) throws QmpException, InterruptedException {
    var same = new ArrayList<Long>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (var one : before.entrySet()) {
      if (System.nanoTime() > deadline) {
        break;
      }
      String mark = one.getValue();
      if (mark.isEmpty() || mark.equals(mark(one.getKey()))) {
        same.add(one.getKey());
      }
    }
    return same;
  }

  /** When it was started, in ticks since the boot; empty when that is not known. */
  private String mark(long pid) throws QmpException, InterruptedException {
    String stat = read("/proc/" + pid + "/stat");
    // The name of the program is in brackets and may have any others in it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    return fields.length > 19 ? fields[19] : "";
  }

  private List<Long> children(long pid) throws QmpException, InterruptedException {
    var pids = new ArrayList<Long>();
    for (String word : read("/proc/" + pid + "/task/" + pid + "/children").split(" ", -1)) {
      if (word.matches("[1-9][0-9]{0,9}") && pids.size() < MOST) {
        pids.add(Long.valueOf(word));
      }
    }
    return pids;
  }

  private String read(String path) throws QmpException, InterruptedException {
    try {
      return new String(agent.readFile(path, MAX_FILE), StandardCharsets.UTF_8);
    } catch (QmpException.CommandFailed gone) {
      return "";
    }
  }
}
