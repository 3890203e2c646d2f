package dev.kelvin.cli.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.ProblemException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
  @ParameterizedTest
  @CsvSource({
    "0,0s",
    "59,59s",
    "60,1m",
    "190,3m10s",
    "600,10m",
    "3599,59m",
    "3600,1h",
    "5400,1h30m",
    "36000,10h",
    "86399,23h",
    "86400,1d",
    "1000000,11d",
    "-5,0s"
  })
  void spansAreShort(long seconds, String text) {
    assertThat(Units.span(Duration.ofSeconds(seconds))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"90,90", "90s,90", "15m,900", "2h,7200"})
  void durationsAreReadAsTheyAreWritten(String text, long seconds) {
    assertThat(Units.duration(text, "--timeout")).isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "s", "0", "0s", "-5s", "5d", "1.5h", "soon", "99999999999999999h", "5 m"})
  void whatIsNoDurationIsRefused(String text) {
    assertThatThrownBy(() -> Units.duration(text, "--timeout"))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().field()).isEqualTo("--timeout"));
  }

  @Test
  void theEpochIsNoAge() {
    Instant now = Instant.parse("2026-11-21T12:00:00Z");
    assertThat(Units.age(Instant.EPOCH, now)).isEmpty();
    assertThat(Units.age(now.minusSeconds(5), now)).isEqualTo("5s");
    assertThat(Units.size(1536.0 * 1024)).isEqualTo("1.5 MiB");
  }
}
