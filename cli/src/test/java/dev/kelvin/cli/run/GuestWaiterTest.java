package dev.kelvin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.cli.OnFakeDaemon;
import dev.kelvin.cli.Things;
import dev.kelvin.cli.run.GuestWaiter.Patience;
import dev.kelvin.cli.run.GuestWaiter.Readiness;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long guests are waited for that may have no agent. */
@Timeout(60)
class GuestWaiterTest extends OnFakeDaemon {
  private static final String LOG = "GET /v1/vms/web1/log?tail=16384";
  private static final String WORDS =
      "[  31.0] cloud-init[700]: Cloud-init v. 22.4.2 finished at Thu, 01 Jan 2026 10:00:00 +0000."
          + " Datasource DataSourceNoCloud.  Up 31.02 seconds\r\n\r\nweb1 login: ";

  private static final Duration LONG = Duration.ofSeconds(50);

  @BeforeEach
  void start() throws IOException {
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
  }

  private Vm await(Readiness readiness, Patience patience, Duration limit) throws IOException {
    try (var session = cli.session()) {
      return new GuestWaiter(session, patience).await("web1", readiness, limit);
    }
  }

  @Test
  void cloudInitsLastWordsAreEnough() throws IOException {
    daemon.on(LOG, Reply.text("[   1.0] Linux version 6.1\r\n"));
    daemon.on(LOG, Reply.text(WORDS));
    var patience = new Patience(Duration.ofMillis(1), Duration.ofMillis(1), LONG);
    assertThat(await(Readiness.ANY_SIGN, patience, LONG).status().guest()).isNull();
    assertThat(daemon.lines()).contains(LOG);
  }

  @Test
  void anAgentThatComesAfterThemIsHeard() throws IOException {
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.talking("web1", "running")));
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.talking("web1", "done")));
    daemon.on(LOG, Reply.text(WORDS));
    var patience = new Patience(Duration.ofMillis(1), LONG, LONG);
    assertThat(await(Readiness.ANY_SIGN, patience, LONG).status().guest()).isNotNull();
  }

  @Test
  void oneWithoutAnyWordsIsNotWaitedForForLong() throws IOException {
    daemon.on(LOG, Reply.text(""));
    var patience = new Patience(Duration.ofMillis(1), LONG, Duration.ofMillis(500));
    assertThat(await(Readiness.ANY_SIGN, patience, LONG).status().phase()).isEqualTo(Phase.RUNNING);
  }

  /** A host may be slow: as long as the guest writes, it boots. */
  @Test
  void oneThatStillBootsIsWaitedFor() throws IOException {
    for (int line = 0; line < 5; line++) { // 300 ms and more each
      daemon.on(LOG, Reply.text("[   " + line + ".0] another line\r\n"));
    }
    daemon.on(LOG, Reply.text(WORDS));
    var patience =
        new Patience(Duration.ofMillis(100), Duration.ofMillis(1), Duration.ofSeconds(1));
    assertThat(await(Readiness.ANY_SIGN, patience, LONG).status().phase()).isEqualTo(Phase.RUNNING);
    assertThat(daemon.lines().stream().filter(LOG::equals)).hasSizeGreaterThanOrEqualTo(6);
  }

  @Test
  void oneThatHasAnAgentMustAnswer() {
    var patience = new Patience(Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(1));
    assertThatThrownBy(() -> await(Readiness.CLOUD_INIT, patience, Duration.ofSeconds(1)))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(Code.TIMEOUT));
    assertThat(daemon.lines()).doesNotContain(LOG);
  }
}
