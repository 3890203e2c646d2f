package dev.kelvin.machine.supervise;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What holds for all VMs at once, as the daemon begins and ends. */
public final class AllVms {
  private final CountDownLatch ending = new CountDownLatch(1);
  private volatile boolean restartsWait = true;
  private volatile boolean stopping;

  /**
   * Whether restarts that were due before this daemon wait for their turn in the order of start.
   */
  boolean restartsWait() {
    return restartsWait;
  }

  public void restartsWaitNoMore() {
    restartsWait = false;
  }

  /** From now on none is started; the daemon ends afterwards. */
  public void stop() {
    stopping = true;
    ending.countDown();
  }

  /** The daemon lets go of all. */
  public void letGo() {
    ending.countDown();
  }

  /** Whether the daemon ends. */
  public boolean ending() {
    return ending.getCount() == 0;
  }

  /** Waits; true as soon as the daemon ends. */
  public boolean endsWithin(Duration time) throws InterruptedException {
    return ending.await(time.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Throws unavailable when no VM may be started any more. */
  void requireStarts(String ref) {
    if (stopping) {
      throw Problem.of(Code.UNAVAILABLE, "No VM is started now")
          .on(ref)
          .because("the daemon stops all VMs and ends")
          .remedy("start it when the daemon is back: kelvin up --detach")
          .asException();
    }
  }
}
