package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventRatesTest {
  private final AtomicLong now = new AtomicLong(-5);
  private final EventRates rates = new EventRates(now::get);

  private @Nullable String tooMany(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    return rates.tooMany(bytes, bytes.length);
  }

  private static String event(String name) {
    return "{\"timestamp\": {\"seconds\": 1780000000, \"microseconds\": 123456}, \"event\": \""
        + name
        + "\", \"data\": {}}";
  }

  private void flood(String name) {
    for (int i = 0; i < EventRates.BURST; i++) {
      assertThat(tooMany(event(name))).isNull();
      assertThat(rates.take(name)).isTrue();
    }
  }

  @Test
  void eachNameHasItsOwnAllowance() {
    flood("DEVICE_TRAY_MOVED");
    assertThat(tooMany(event("DEVICE_TRAY_MOVED"))).isEqualTo("DEVICE_TRAY_MOVED");
    assertThat(rates.take("DEVICE_TRAY_MOVED")).isFalse();
    assertThat(tooMany(event("SHUTDOWN"))).isNull();
    assertThat(rates.take("SHUTDOWN")).isTrue();
  }

  @Test
  void itComesBackWithTime() {
    flood("RESET");
    now.addAndGet(Duration.ofSeconds(1).toNanos());
    for (int i = 0; i < EventRates.PER_SECOND; i++) {
      assertThat(rates.take("RESET")).isTrue();
    }
    assertThat(rates.take("RESET")).isFalse();
    now.addAndGet(Duration.ofHours(1).toNanos());
    flood("RESET");
    assertThat(rates.take("RESET")).isFalse();
  }

  @Test
  void whatIsNotPlainlyAnEventIsReadInFull() {
    flood("A");
    assertThat(tooMany("{\"return\": {\"timestamp\": 1, \"event\": \"A\"}}")).isNull();
    assertThat(tooMany("{\"timestamp\": 1, \"event\": \"A")).isNull();
    assertThat(tooMany("{\"timestamp\"")).isNull();
    assertThat(tooMany("{\"timestamp\": 1" + " ".repeat(200) + event("A"))).isNull();
  }

  @Test
  void thousandsOfNamesShareOneAllowance() {
    for (int i = 0; i < 64; i++) {
      assertThat(rates.take("N" + i)).isTrue();
    }
    for (int i = 0; i < EventRates.BURST; i++) {
      assertThat(rates.take("M" + i)).isTrue();
    }
    assertThat(rates.take("LAST")).isFalse();
    assertThat(rates.take("N0")).isTrue();
  }

  @Test
  void whoUsesMoreThanAllowedWaits() {
    var pace = new TokenBucket(100, 50, now::get);
    assertThat(pace.owe(100)).isZero();
    assertThat(pace.owe(50)).isEqualTo(Duration.ofSeconds(1).toNanos());
    now.addAndGet(Duration.ofSeconds(2).toNanos());
    assertThat(pace.owe(50)).isZero();
  }
}
