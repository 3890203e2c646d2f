package dev.kelvin.state.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.state.store.Linearizability.Action;
import dev.kelvin.state.store.Linearizability.Operation;
import dev.kelvin.state.store.Linearizability.State;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker finds what it is there to find. */
class LinearizabilityTest {
  private static Operation put(long begin, long end, String value, long revision) {
    return new Operation(new Action.Write(value, null), begin, end, null, true, revision);
  }

  private static Operation cas(
      long begin, long end, String value, long expected, boolean succeeded, long revision) {
    return new Operation(new Action.Write(value, expected), begin, end, null, succeeded, revision);
  }

  private static Operation read(long begin, long end, @Nullable String value, long revision) {
    return new Operation(new Action.Read(), begin, end, new State(value, revision), null, 0);
  }

  private static boolean holds(Operation... operations) {
    return Linearizability.holds(List.of(operations));
  }

  @Test
  void whatFollowsEachOtherMustAgree() {
    assertThat(holds(read(0, 1, null, 0), put(2, 3, "a", 2), read(4, 5, "a", 2))).isTrue();
    assertThat(holds(put(0, 1, "a", 2), read(2, 3, null, 0))).as("stale").isFalse();
    assertThat(holds(put(0, 1, "a", 2), read(2, 3, "b", 2))).as("from nowhere").isFalse();
    assertThat(holds(put(0, 1, "a", 2), read(2, 3, "a", 3))).as("wrong revision").isFalse();
    assertThat(holds(put(0, 1, "a", 3), put(2, 3, "b", 2))).as("back in time").isFalse();
  }

  @Test
  void whatIsAtTheSameTimeMayBeEitherWay() {
    assertThat(holds(put(0, 9, "a", 2), read(1, 2, null, 0), read(3, 4, "a", 2))).isTrue();
    assertThat(holds(put(0, 9, "a", 2), read(1, 2, "a", 2), read(3, 4, null, 0)))
        .as("seen and unseen again")
        .isFalse();
  }

  @Test
  void twoCannotWinTheSameSwap() {
    Operation first = put(0, 1, "a", 2);
    assertThat(holds(first, cas(2, 9, "b", 2, true, 3), cas(2, 9, "c", 2, false, 0))).isTrue();
    assertThat(holds(first, cas(2, 9, "b", 2, true, 3), cas(2, 9, "c", 2, true, 4)))
        .as("a lost update")
        .isFalse();
    assertThat(holds(first, cas(2, 3, "b", 2, false, 0))).as("lost to nobody").isFalse();
  }

  @Test
  void whatHadNoAnswerMayHaveHappenedOnceAtAnyTimeOrNever() {
    Operation lost = new Operation(new Action.Write("a", null), 0, Long.MAX_VALUE, null, null, 0);
    assertThat(holds(lost, read(5, 6, null, 0))).isTrue();
    assertThat(holds(lost, read(5, 6, null, 0), read(7, 8, "a", 4))).isTrue();
    assertThat(holds(lost, read(5, 6, "a", 4), read(7, 8, null, 0))).isFalse();
    assertThat(holds(lost, read(5, 6, "a", 4), read(7, 8, "a", 5))).isFalse();
    Operation deleted = new Operation(new Action.Delete(), 7, Long.MAX_VALUE, null, null, 0);
    assertThat(holds(put(0, 1, "a", 2), deleted, read(8, 9, null, 0))).isTrue();
  }
}
