package dev.kelvin.host.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OrphansTest {
  @Test
  void aNewDaemonEndsTheCommandsOfADeadOne() throws Exception {
    var own = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();
    var dead = new ProcessId(own.pid(), own.startTicks() - 1, own.boot());
    var orphan = new ProcessBuilder("sleep", "60");
    orphan.environment().put(Orphans.VARIABLE, dead.encode());
    var ours = new ProcessBuilder("sleep", "60");
    ours.environment().putAll(Orphans.mark());
    Process first = orphan.start();
    Process second = ours.start();
    try {
      assertThat(Orphans.end()).isPositive();
      assertThat(first.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(second.isAlive()).isTrue();
    } finally {
      first.destroyForcibly();
      second.destroyForcibly();
    }
  }
}
