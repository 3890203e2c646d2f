package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which VMs start with the host, whenever daemons come and go meanwhile. */
class AutostartMarkTest {
  @TempDir private Path runtime;

  private AutostartMark next() throws IOException {
    return AutostartMark.of(runtime);
  }

  @Test
  void afterABootAllHaveTheirTurn() throws IOException {
    assertThat(next().lacks("a")).isTrue();
  }

  @Test
  void aDaemonThatComesInTheMiddleGoesOnWhereTheLastOneWas() throws IOException {
    var first = next();
    first.add("a");
    first.add("b");
    first.add("a");
    var second = next();
    assertThat(second.lacks("a")).isFalse();
    assertThat(second.lacks("b")).isFalse();
    assertThat(second.lacks("c")).isTrue();
    second.add("c");
    var third = next();
    assertThat(third.lacks("c")).isFalse();
    assertThat(third.lacks("d")).isTrue();
  }

  @Test
  void onceAllHadTheirTurnNoneHasItAgain() throws IOException {
    var first = next();
    first.add("a");
    first.complete();
    var second = next();
    assertThat(second.lacks("a")).isFalse();
    assertThat(second.lacks("made-later")).isFalse();
    second.add("made-later");
    assertThat(next().lacks("other")).isFalse();
  }

  @Test
  void whatWasNotedBeforeABootCountsNoMore() throws IOException {
    Files.writeString(runtime.resolve("autostarted"), "another-boot\nbegun\na\n");
    assertThat(next().lacks("a")).isTrue();
    Files.writeString(runtime.resolve("autostarted"), "another-boot\n");
    var now = next();
    assertThat(now.lacks("a")).isTrue();
    now.add("a");
    assertThat(next().lacks("a")).isFalse();
    assertThat(next().lacks("b")).isTrue();
  }

  @Test
  void clearedItIsAsAfterABootAndNothingIsNoted() throws IOException {
    var first = next();
    first.add("a");
    first.clear();
    first.add("b");
    first.complete();
    assertThat(next().lacks("a")).isTrue();
    assertThat(next().lacks("b")).isTrue();
  }
}
