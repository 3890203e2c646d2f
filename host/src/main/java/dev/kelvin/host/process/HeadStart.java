package dev.kelvin.host.process;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Lets a VM's process go ahead of guests that compute, from its launch until its own guest runs: on
 * a host whose CPUs are all taken the start would last as long as its guests please, and of many
 * VMs that start at once the first would hold up the last. Where the daemon may not give it, the
 * process takes its turn ({@link CpuShare}).
 */
public final class HeadStart implements AutoCloseable {
  private static final Logger LOG = System.getLogger(HeadStart.class.getName());

  private final ProcessId process;
  private boolean tried;
  private boolean given;

  /**
   * Begins it.
   *
   * @param process that was launched with a session of its own, as each that the daemon launches
   */
  public HeadStart(ProcessId process) {
    this.process = process;
    give();
  }

  /** Whether the process may still run. To be asked while it is awaited: each time counts. */
  public boolean alive() {
    give();
    return !process.gone();
  }

  /** From here on the process has what every process has. */
  @Override
  public void close() {
    if (given) {
      end(process);
    }
  }

  /** Takes the head start from a process whose daemon ended in the middle of its start. */
  public static void end(ProcessId process) {
    try {
      CpuShare.restore(process.pid());
    } catch (IOException e) {
      // What has ended needs nothing; whoever awaits it finds that out.
      LOG.log(Level.DEBUG, "the head start of process " + process.pid() + " cannot be ended", e);
    }
  }

  private void give() {
    // Before the process has a session of its own, this would be a present to the daemon.
    if (tried || !CpuShare.ownSession(process.pid())) {
      return;
    }
    tried = true;
    try {
      CpuShare.raise(process.pid());
      given = true;
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "process " + process.pid() + " gets no head start", e);
    }
  }
}
