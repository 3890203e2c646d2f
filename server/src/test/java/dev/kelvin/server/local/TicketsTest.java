package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TicketsTest {
  private static final Duration VALID = Duration.ofSeconds(30);

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final Tickets<String> tickets = new Tickets<>(VALID, now::get);

  @Test
  void aTicketIsGoodOnceAndForAWhile() {
    String ticket = tickets.grant("a");
    assertThat(tickets.use(ticket)).contains("a");
    assertThat(tickets.use(ticket)).isEmpty();
    String late = tickets.grant("b");
    now.set(Instant.EPOCH.plus(VALID).plusMillis(1));
    assertThat(tickets.use(late)).isEmpty();
    assertThat(tickets.use("none")).isEmpty();
  }

  @Test
  void soManyWaitAndNoMore() {
    for (int i = 0; i < Tickets.MOST; i++) {
      tickets.grant("a");
    }
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> tickets.grant("one more"))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.TOO_MANY));
    now.set(Instant.EPOCH.plus(VALID).plusMillis(1));
    assertThat(tickets.use(tickets.grant("again"))).contains("again");
    assertThat(tickets.count()).isZero();
  }
}
