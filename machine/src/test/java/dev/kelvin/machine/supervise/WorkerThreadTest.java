package dev.kelvin.machine.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkerThreadTest {
  private final BlockingQueue<Integer> work = new LinkedBlockingQueue<>();
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicInteger threads = new AtomicInteger();
  private final AtomicInteger atOnce = new AtomicInteger();
  private final WorkerThread worker = new WorkerThread(this::run);

  private void run() {
    threads.incrementAndGet();
    assertThat(atOnce.incrementAndGet()).isEqualTo(1);
    while (true) {
      Integer next = work.poll();
      if (next != null) {
        done.addAndGet(next);
      }
      atOnce.decrementAndGet();
      if (worker.over(work::isEmpty)) {
        return;
      }
      atOnce.incrementAndGet();
    }
  }

  @Test
  void nothingIsLeftUndoneHoweverThreadsComeAndGo() throws Exception {
    worker.open();
    var senders = new Thread[4];
    for (int i = 0; i < senders.length; i++) {
      senders[i] =
          Thread.ofVirtual()
              .start(() -> {
                for (int j = 0; j < 5_000; j++) {
                  work.add(1);
                  worker.wake("worker");
                }
              });
    }
    for (Thread sender : senders) {
      sender.join();
    }
    worker.close(Duration.ofSeconds(20));
    // Closing interrupts, which this work does not mind: it ends when nothing is left.
    assertThat(done).hasValue(20_000);
  }

  @Test
  void thereIsNoThreadBeforeItIsOpenNorAfterItIsClosed() {
    work.add(1);
    worker.wake("early");
    assertThat(threads).hasValue(0);
    worker.close(Duration.ofSeconds(20));
    worker.open();
    worker.wake("late");
    assertThat(threads).hasValue(0);
    assertThat(worker.isClosed()).isTrue();
  }

  @Test
  void closingInterruptsTheThreadAndWaitsForIt() throws Exception {
    var began = new CountDownLatch(1);
    var interrupted = new AtomicInteger();
    var waiting =
        new WorkerThread(() -> {
          try {
            began.countDown();
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.incrementAndGet();
          }
        });
    waiting.open();
    waiting.wake("waits");
    assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
    waiting.close(Duration.ofSeconds(20));
    assertThat(interrupted).hasValue(1);
  }
}
