package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Lifecycle.Transition;
import dev.kelvin.model.Lifecycle.Trigger;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LifecycleTest {
  static List<Transition> table() {
    return Lifecycle.TABLE;
  }

  @ParameterizedTest
  @MethodSource("table")
  void everyTransitionOfTheTableHappens(Transition row) {
    assertThat(Lifecycle.next(row.from(), row.trigger())).contains(row.to());
  }

  @Test
  void everythingElseIsRefused() {
    var rows = new HashSet<List<Enum<?>>>();
    for (var row : Lifecycle.TABLE) {
      assertThat(rows.add(List.of(row.from(), row.trigger()))).as("one row for %s", row).isTrue();
    }
    for (var phase : Phase.values()) {
      for (var trigger : Trigger.values()) {
        if (!rows.contains(List.<Enum<?>>of(phase, trigger))) {
          assertThat(Lifecycle.next(phase, trigger)).isEqualTo(Optional.empty());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Trigger.class)
  void everyTriggerHappensSomewhere(Trigger trigger) {
    assertThat(Lifecycle.TABLE).anyMatch(row -> row.trigger() == trigger);
  }

  @Test
  void everyPhaseIsReachedFromPending() {
    assertThat(reachable(Phase.PENDING)).containsExactlyInAnyOrder(Phase.values());
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void everyPhaseCanEndInDeletion(Phase phase) {
    assertThat(reachable(phase)).contains(Phase.DELETED);
  }

  @Test
  void nothingFollowsDeletion() {
    assertThat(Lifecycle.TABLE).noneMatch(row -> row.from() == Phase.DELETED);
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void aRunningVmIsNotDeletedAndAProcessCanAlwaysBeLost(Phase phase) {
    if (phase.hasProcess()) {
      assertThat(Lifecycle.next(phase, Trigger.DELETE)).isEmpty();
      assertThat(Lifecycle.next(phase, Trigger.CRASH)).contains(Phase.CRASHED);
    }
  }

  private static Set<Phase> reachable(Phase start) {
    var found = EnumSet.of(start);
    var next = new ArrayDeque<>(found);
    while (!next.isEmpty()) {
      var from = next.remove();
      for (var row : Lifecycle.TABLE) {
        if (row.from() == from && found.add(row.to())) {
          next.add(row.to());
        }
      }
    }
    return found;
  }
}
