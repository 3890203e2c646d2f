package dev.kelvin.machine.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RestartPolicyTest {
  private static final Set<ExitReason> FAILURES =
      EnumSet.of(
          ExitReason.CRASH, ExitReason.GUEST_PANIC, ExitReason.WATCHDOG, ExitReason.HOST_RESTART);

  private static boolean restarts(RestartMode mode, ExitReason reason) {
    return RestartPolicy.waitBeforeRestart(new Restart(mode, 0), reason, 0).isPresent();
  }

  @ParameterizedTest
  @EnumSource(ExitReason.class)
  void neverMeansNever(ExitReason reason) {
    assertThat(restarts(RestartMode.NEVER, reason)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(ExitReason.class)
  void onFailureFollowsFailuresOnly(ExitReason reason) {
    assertThat(restarts(RestartMode.ON_FAILURE, reason)).isEqualTo(FAILURES.contains(reason));
  }

  @ParameterizedTest
  @EnumSource(ExitReason.class)
  void alwaysFollowsAPowerOffFromInsideToo(ExitReason reason) {
    boolean wanted = FAILURES.contains(reason) || reason == ExitReason.GUEST_POWEROFF;
    assertThat(restarts(RestartMode.ALWAYS, reason)).isEqualTo(wanted);
  }

  @ParameterizedTest
  @CsvSource({"0,1", "1,2", "2,4", "5,32", "8,256", "9,300", "40,300", "2000000,300"})
  void theWaitDoublesUpToFiveMinutes(int restartsInRow, int seconds) {
    assertThat(
            RestartPolicy.waitBeforeRestart(
                new Restart(RestartMode.ALWAYS, 0), ExitReason.CRASH, restartsInRow))
        .isEqualTo(Optional.of(Duration.ofSeconds(seconds)));
  }

  @Test
  void itGivesUpAfterTheLargestNumberOfAttempts() {
    var policy = new Restart(RestartMode.ON_FAILURE, 3);
    assertThat(RestartPolicy.waitBeforeRestart(policy, ExitReason.CRASH, 2)).isPresent();
    assertThat(RestartPolicy.waitBeforeRestart(policy, ExitReason.CRASH, 3)).isEmpty();
  }
}
