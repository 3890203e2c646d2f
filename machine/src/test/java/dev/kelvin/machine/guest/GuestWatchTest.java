package dev.kelvin.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.ProblemException;
import dev.kelvin.qmp.AgentClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class GuestWatchTest {
  @TempDir Path directory;

  @Test
  void theRestGrowsWithEachBreachAndHasAnEnd() {
    assertThat(GuestWatch.restAfter(1)).isEqualTo(Duration.ofSeconds(4));
    assertThat(GuestWatch.restAfter(2)).isEqualTo(Duration.ofSeconds(8));
    assertThat(GuestWatch.restAfter(1000)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void anAgentThatBreaksTheRulesIsToldOfOnceAndLeftAlone() throws Exception {
    Path socket = directory.resolve("agent.sock");
    var news = new LinkedBlockingQueue<GuestNews>();
    try (var agent = new FloodingAgent(socket)) {
      try (var watch =
          new GuestWatch(limit -> AgentClient.connect(socket, limit), "web", news::add)) {
        watch.start();
        misbehaves(news);
        // What a guest does to be asked at once, as by opening its port, does not help it.
        watch.wake();
        assertThatThrownBy(watch::agent)
            .isInstanceOf(ProblemException.class)
            .hasMessageContaining("breaks the rules");
        assertThat(watch.shutdown()).isFalse();
        assertThat(news.poll(2, TimeUnit.SECONDS)).isNull();
        assertThat(agent.connections()).isEqualTo(1);
      }
    }
  }

  /** Whoever lets a VM go on waits for none of it. */
  @Test
  void aGuestThatStoodStillIsToldTheTimeOnce() throws Exception {
    Path socket = directory.resolve("agent.sock");
    var news = new LinkedBlockingQueue<GuestNews>();
    var set = new LinkedBlockingQueue<String>();
    try (var agent =
            new ScriptedAgent(
                socket,
                (command, arguments) -> {
                  if (command.equals("guest-set-time")) {
                    set.add(arguments.toString());
                  }
                  return command.equals("guest-get-time")
                      ? "0"
                      : command.equals("guest-file-open") ? ScriptedAgent.REFUSED : "{}";
                });
        var watch = new GuestWatch(limit -> AgentClient.connect(socket, limit), "web", news::add)) {
      watch.start();
      assertThat(news.poll(20, TimeUnit.SECONDS)).isInstanceOf(GuestNews.Told.class);
      assertThat(set).isEmpty();
      watch.wentOn();
      assertThat(set.poll(20, TimeUnit.SECONDS)).contains("time");
      watch.wake();
      assertThat(set.poll(1, TimeUnit.SECONDS)).isNull();
      assertThat(agent.asked()).contains("guest-get-time ");
    }
  }

  private static void misbehaves(BlockingQueue<GuestNews> news) throws InterruptedException {
    assertThat(news.poll(20, TimeUnit.SECONDS)).isInstanceOf(GuestNews.Misbehaves.class);
  }
}
