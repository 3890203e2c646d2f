package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.bench.hostile.Attacker;
import dev.kelvin.it.product.TestDaemon.Program;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients can do to a daemon that has the memory which the product gives it. */
@Tag("slow")
@Timeout(1200)
class HostileClientsTest {
  private static final boolean THOROUGH = Boolean.getBoolean("kelvin.test.thorough");

  /** For how long it is attacked. */
  private static final Duration SIEGE = THOROUGH ? Duration.ofMinutes(10) : Duration.ofSeconds(20);

  private static final Duration AT_ONCE = Duration.ofSeconds(5);

  private static Program product() {
    return new Program(
        "dev.kelvin.server.Main",
        List.of("-XX:+UseSerialGC", "-Xmx256m", "-XX:MaxNewSize=4m", "-XX:+ExitOnOutOfMemoryError"),
        List.of());
  }

  private static void answersAtOnce(TestDaemon daemon) {
    long begin = System.nanoTime();
    assertThat(daemon.client().answers()).isTrue();
    assertThat(daemon.client().info().pid()).isEqualTo(daemon.pid());
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(AT_ONCE);
  }

  /** As if they were so many that none of them asks for more than it may in a second. */
  @Test
  void noneEndsItHoweverLongTheyTry() throws Exception {
    Path home = TestDaemon.home("limits: {unauthenticatedPerSecond: 100000}\n");
    try (TestDaemon daemon = TestDaemon.start(product(), home)) {
      URI api = URI.create(daemon.client().info().url());
      long end = System.nanoTime() + SIEGE.toNanos();
      int rounds = 0;
      do {
        try (var attacker = new Attacker(api, 1)) {
          attacker.windowless(20, 1_000);
          answersAtOnce(daemon);
          attacker.windowless(100, 99);
          answersAtOnce(daemon);
          attacker.heads(600, 15_000);
          answersAtOnce(daemon);
          attacker.hellos(2_000);
          answersAtOnce(daemon);
          attacker.resets(10, 1_000);
          answersAtOnce(daemon);
        }
        rounds++;
      } while (System.nanoTime() < end);
      assertThat(rounds).isPositive();
      assertThat(daemon.log()).doesNotContain("OutOfMemoryError");
      assertThat(daemon.client().complaint()).isEmpty();
      assertThat(daemon.terminate()).isEqualTo(143);
      daemon.restart();
    }
  }

  @Test
  void clientsThatNegotiateNothingHoldUpNeitherTheLocalSocketNorTheEnd() throws Exception {
    try (TestDaemon daemon = TestDaemon.start(product())) {
      URI api = URI.create(daemon.client().info().url());
      String token = Files.readString(daemon.layout().token()).strip();
      try (var attacker = new Attacker(api, 1)) {
        assertThat(attacker.watches(50, token)).isEqualTo(50);
        assertThat(attacker.posts(40)).isEqualTo(40);
        for (int i = 0; i < 20; i++) {
          answersAtOnce(daemon);
        }
        long begin = System.nanoTime();
        daemon.terminate();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
      }
      daemon.restart();
    }
  }

  @Test
  void aDaemonWhoseSocketWasDeletedIsFoundAndEnded() throws Exception {
    try (TestDaemon daemon = TestDaemon.start(product())) {
      delete(daemon.layout().runtime());
      TestDaemon.Ran up = daemon.kelvin("up", "--detach");
      assertThat(up.output()).contains("The daemon runs already: pid " + daemon.pid());
      assertThat(up.exitCode()).isZero();
      for (Path secret : List.of(daemon.layout().pidFile(), daemon.layout().socket())) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
            .isEqualTo("rw-------");
      }
      delete(daemon.layout().runtime());
      TestDaemon.Ran down = daemon.kelvin("down");
      assertThat(down.output()).contains("The daemon has ended.");
      assertThat(down.exitCode()).isZero();
      daemon.awaitEnd();
      daemon.restart();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }
}
