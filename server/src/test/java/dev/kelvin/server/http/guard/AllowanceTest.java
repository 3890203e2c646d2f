package dev.kelvin.server.http.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What strangers of one place may take, and when they may again. */
class AllowanceTest {
  private static final int PER_SECOND = 10;
  private static final Source HERE = new Source("here");
  private static final Source THERE = new Source("there");

  private final AtomicLong nanos = new AtomicLong();
  private final Allowance allowance = new Allowance(PER_SECOND, nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private Duration take(Source source, int requests) {
    return allowance.take(source, requests).lasts();
  }

  @Test
  void tenSecondsWorthAreHadAtOnce() {
    for (int i = 0; i < 100; i++) {
      assertThat(take(HERE, 1)).isZero();
    }
    assertThat(take(HERE, 1)).isEqualTo(Duration.ofMillis(100));
    assertThat(take(THERE, 1)).isZero();
  }

  @Test
  void nothingIsTakenOfWhatIsNotThere() {
    take(HERE, 96);
    assertThat(allowance.tryTake(HERE, 5)).isFalse();
    assertThat(allowance.tryTake(HERE, 4)).isTrue();
    pass(Duration.ofMillis(500));
    assertThat(allowance.tryTake(HERE, 6)).isFalse();
    assertThat(allowance.tryTake(HERE, 5)).isTrue();
    assertThat(allowance.tryTake(THERE, 100)).isTrue();
  }

  @Test
  void timePaysDebtsOff() {
    take(HERE, 110);
    pass(Duration.ofMillis(500));
    assertThat(take(HERE, 1)).isEqualTo(Duration.ofMillis(600));
    pass(Duration.ofMillis(700));
    assertThat(take(HERE, 1)).isZero();
  }

  @Test
  void noDebtLastsForLong() {
    var longest = new Allowance.Debt(Duration.ofSeconds(2), true);
    assertThat(allowance.take(HERE, 100_000)).isEqualTo(longest);
    assertThat(allowance.take(HERE, 1)).isEqualTo(longest);
    pass(Duration.ofMillis(2_100));
    assertThat(take(HERE, 1)).isZero();
  }

  @Test
  void noMoreIsSavedThanCanBe() {
    take(HERE, 50);
    pass(Duration.ofDays(1));
    assertThat(take(HERE, 101)).isEqualTo(Duration.ofMillis(100));
    allowance.giveBack(HERE, 100_000);
    assertThat(take(HERE, 101)).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void placesThatOweNothingAreForgotten() {
    for (int i = 0; i < 100_000; i++) {
      take(new Source("place " + i), 1);
    }
    assertThat(allowance.places()).isLessThan(5_000);
    allowance.giveBack(HERE, 1);
    pass(Duration.ofSeconds(20));
    take(HERE, 1);
    assertThat(allowance.places()).isLessThan(5);
  }
}
