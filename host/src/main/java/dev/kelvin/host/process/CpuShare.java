package dev.kelvin.host.process;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How much of the CPUs a process gets while others want them, too. The kernel divides them among
 * sessions where it groups them (sched(7), "The autogroup feature"), and by nice value within a
 * session or a control group (setpriority(2)). A larger share than the usual one takes CAP_SYS_NICE
 * and CAP_SYS_ADMIN.
 */
public final class CpuShare {
  private static final Logger LOG = System.getLogger(CpuShare.class.getName());

  /** Some ten times the share of what is being started (sched(7), "The nice value"). */
  private static final int DAEMON = -20;

  /** Some ten times the share of a guest. */
  private static final int STARTING = -10;

  /** Of a change that came too soon; together ten times as long as the kernel wants. */
  private static final int ATTEMPTS = 50;

  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(20);

  private CpuShare() {}

  /**
   * Lets the calling process, a daemon with a session of its own, answer quickly however many
   * guests compute. What it starts gets nothing of it, as that has sessions of its own. Without the
   * privileges, or in somebody else's session, nothing changes.
   */
  public static void ofDaemon() {
    long pid = ProcessHandle.current().pid();
    try {
      if (ownSession(pid)) {
        group(pid, DAEMON);
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the daemon has the usual share of the CPUs", e);
    }
  }

  /** Whether it leads a session, and so does not share a group with whoever started it. */
  static boolean ownSession(long pid) {
    return ProcStat.read(pid).filter(stat -> stat.session() == pid).isPresent();
  }

  /**
   * Gives a process that leads a session, and all threads that it makes from here on, a large
   * share.
   */
  static void raise(long pid) throws IOException {
    group(pid, STARTING);
    Nice.set(pid, Math.min(usual(), STARTING));
  }

  /**
   * Takes back what {@link #raise} gave, from all threads; any other share, as somebody may have
   * given it by hand, stays.
   */
  static void restore(long pid) throws IOException {
    int usual = usual();
    if (usual > STARTING) {
      List<ProcStat> ahead = ahead(pid);
      // A thread has the nice value of the one that makes it, which may do so just now.
      while (!ahead.isEmpty()) {
        for (ProcStat thread : ahead) {
          Nice.set(thread.pid(), usual);
        }
        ahead = ahead(pid);
      }
    }
    if (ownSession(pid) && groupIs(pid, STARTING)) {
      for (int i = 0; i < ATTEMPTS && !group(pid, 0); i++) {
        LockSupport.parkNanos(PAUSE);
      }
    }
  }

  private static List<ProcStat> ahead(long pid) throws IOException {
    return ProcStat.threads(pid).stream().filter(thread -> thread.nice() == STARTING).toList();
  }

  /** The nice value that the daemon has, and hands on to what it starts. */
  private static int usual() {
    return ProcStat.read(ProcessHandle.current().pid()).map(ProcStat::nice).orElse(0);
  }

  /**
   * Sets the nice value of its session's group, where the kernel makes such groups.
   *
   * @return false when it is too soon: without CAP_SYS_ADMIN the kernel takes one change of any
   *     group in 100 ms, and answers others with EAGAIN (proc_sched_autogroup_set_nice in its
   *     kernel/sched/autogroup.c), which is a write of nothing here
   */
  private static boolean group(long pid, int nice) throws IOException {
    Path file = groupFile(pid);
    if (!Files.exists(file)) {
      return true;
    }
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      byte[] text = Integer.toString(nice).getBytes(StandardCharsets.US_ASCII);
      return channel.write(ByteBuffer.wrap(text)) > 0;
    }
  }

  private static boolean groupIs(long pid, int nice) throws IOException {
    Path file = groupFile(pid);
    return Files.exists(file) && Files.readString(file).strip().endsWith(" nice " + nice);
  }

  private static Path groupFile(long pid) {
    return Path.of("/proc", Long.toString(pid), "autogroup");
  }

  /** Nice values of single threads, which is what Linux has; made when first needed. */
  private static final class Nice {
    private static final int THREAD = 0;
    private static final Syscalls KERNEL = new Syscalls();

    private Nice() {}

    static void set(long thread, int nice) throws IOException {
      Syscalls.Answer answer = KERNEL.call(Syscalls.SETPRIORITY, THREAD, thread, nice);
      // A thread that has ended needs none.
      if (!answer.ok() && answer.errno() != Syscalls.ESRCH) {
        throw new IOException("setpriority: " + answer.error());
      }
    }
  }
}
