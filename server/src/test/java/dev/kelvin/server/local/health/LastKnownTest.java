package dev.kelvin.server.local.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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

  /** Before, whoever came while another asked was told what could be hours old. */
  @Test
  void whoComesWhileAnotherAsksWaitsForThatAnswer() throws Exception {
    var asking = new CountDownLatch(2);
    var go = new CountDownLatch(1);
    var count = new AtomicInteger();
    var known =
        new LastKnown<>(() -> {
          asking.countDown();
          int told = count.incrementAndGet();
          if (told > 1) {
            awaitQuietly(go);
          }
          return told;
        });
    var found = new LinkedBlockingQueue<LastKnown.Found<Integer>>();
    Thread.ofVirtual().start(() -> found.add(known.find()));
    asking.await();
    Thread second = Thread.ofVirtual().start(() -> found.add(known.find()));
    until("the second one waits", () -> second.getState() == Thread.State.TIMED_WAITING);
    go.countDown();
    for (int i = 0; i < 2; i++) {
      var one = Objects.requireNonNull(found.poll(20, TimeUnit.SECONDS));
      assertThat(one.value()).isEqualTo(2);
      assertThat(one.asOf()).as("it is what is so now").isNull();
    }
  }

  @Test
  void whatWasLastKnownIsToldAsSuch() {
    var times = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
    var out = new AtomicBoolean();
    var known =
        new LastKnown<>(
            () -> {
              if (out.get()) {
                throw Problem.of(Code.UNAVAILABLE, "The store does not answer").asException();
              }
              return "value";
            },
            () -> Objects.requireNonNull(times.get()));
    assertThat(known.find().asOf()).isNull();
    out.set(true);
    times.set(Instant.parse("2026-01-01T05:00:00Z"));
    assertThat(known.find())
        .isEqualTo(new LastKnown.Found<>("value", Instant.parse("2026-01-01T00:00:00Z")));
    out.set(false);
    assertThat(known.find().asOf()).isNull();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
