package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Lifecycle.Trigger;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LifecycleTest {
  @Test
  void whatCanHappenLeadsToOnePhase() {
    var rows = new HashSet<List<Enum<?>>>();
    for (var row : Lifecycle.TABLE) {
      assertThat(rows.add(List.of(row.from(), row.trigger()))).as("one row for %s", row).isTrue();
    }
  }

  @Test
  void whatIsNotInTheTableIsRefused() {
    assertThat(Lifecycle.next(Phase.STOPPED, Trigger.PAUSE)).isEmpty();
    assertThat(Lifecycle.next(Phase.PAUSED, Trigger.START)).isEmpty();
    assertThat(Lifecycle.next(Phase.DELETING, Trigger.START)).isEmpty();
  }

  @Test
  void everyPhaseIsReachedFromPending() {
    assertThat(reachable(Phase.PENDING)).containsExactlyInAnyOrder(Phase.values());
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void everyPhaseCanEndInDeletion(Phase phase) {
    assertThat(reachable(phase)).contains(Phase.DELETING);
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
