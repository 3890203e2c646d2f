package dev.kelvin.server.local.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is tried to know whether the daemon is well keeps nobody waiting. */
@Timeout(30)
class ProbeTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final AtomicInteger attempts = new AtomicInteger();

  @Test
  void whatWasFoundIsGoodForAWhile() {
    var probe = new Probe("a part", LONG, LONG, () -> found(Optional.empty()));
    assertThat(probe.complaint()).isEmpty();
    assertThat(probe.complaint()).isEmpty();
    assertThat(attempts).hasValue(1);
    var fresh = new Probe("a part", Duration.ZERO, LONG, () -> found(Optional.empty()));
    assertThat(fresh.complaint()).isEmpty();
    assertThat(fresh.complaint()).isEmpty();
    assertThat(attempts).hasValue(3);
  }

  private Optional<Problem> found(Optional<Problem> what) {
    attempts.incrementAndGet();
    return what;
  }

  @Test
  void aFailureIsAComplaint() {
    var probe =
        new Probe(
            "a part",
            LONG,
            LONG,
            () -> {
              throw new IOException("no such disk");
            });
    Problem complaint = probe.complaint().orElseThrow();
    assertThat(complaint.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(complaint.cause()).contains("no such disk");
  }

  @Test
  void whatDoesNotAnswerIsWaitedForOnceAndTriedOnce() throws Exception {
    var stuck = new CountDownLatch(1);
    var probe =
        new Probe(
            "a part",
            Duration.ZERO,
            Duration.ofMillis(200),
            () -> {
              attempts.incrementAndGet();
              stuck.await();
              return Optional.empty();
            });
    for (int i = 0; i < 50; i++) {
      assertThat(probe.complaint().orElseThrow().cause()).contains("200 ms");
    }
    // Fifty waits of 200 ms would be longer than this test may take to be believed.
    assertThat(attempts).hasValue(1);
    stuck.countDown();
    while (probe.complaint().isPresent()) {
      Thread.onSpinWait();
    }
  }
}
