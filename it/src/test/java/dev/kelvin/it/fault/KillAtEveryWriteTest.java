package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A daemon with the usual store, and every kind of task. */
class KillAtEveryWriteTest extends KillsAtWrites {
  @Override
  String configuration(Path files) {
    return "";
  }

  @Override
  List<Scenario> wanted(List<Scenario> all) {
    return all;
  }

  @Test
  void everyKindOfTaskHasAScenario() throws IOException {
    Set<String> covered = scenarios().map(Scenario::type).collect(Collectors.toSet());
    assertThat(covered).containsExactlyInAnyOrderElementsOf(FaultyMain.taskTypes(daemon().home()));
  }
}
