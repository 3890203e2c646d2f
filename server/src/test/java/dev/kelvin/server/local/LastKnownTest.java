package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class LastKnownTest {
  @Test
  void tellsWhatIsSoNow() {
    var count = new AtomicInteger();
    var known = new LastKnown<>(count::incrementAndGet);
    assertThat(known.get()).isEqualTo(2);
    until("the next is asked for", () -> known.get() > 2);
    assertThat(known.age()).isLessThan(Duration.ofMinutes(1));
  }

  /** As while etcd is out: each call takes as long as its deadline, or fails. */
  @Test
  void tellsWhatWasKnownWhileTheStoreIsOut() {
    var asked = new AtomicInteger();
    var answer = new AtomicReference<Supplier<String>>(() -> "before");
    var known =
        new LastKnown<>(() -> {
          asked.incrementAndGet();
          return Objects.requireNonNull(answer.get()).get();
        });
    var out = new CountDownLatch(1);
    answer.set(() -> {
      try {
        out.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      throw Problem.of(Code.UNAVAILABLE, "The store does not answer").asException();
    });
    long begin = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      assertThat(known.get()).isEqualTo("before");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    assertThat(asked).as("by one at a time").hasValue(2);
    answer.set(() -> "after");
    out.countDown();
    until("the store is back", () -> known.get().equals("after"));
  }

  private static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
