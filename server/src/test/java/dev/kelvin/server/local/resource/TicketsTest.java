package dev.kelvin.server.local.resource;

import static org.assertj.core.api.Assertions.assertThat;

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
  void soManyWaitAndTheOldestGivesWay() {
    String first = tickets.grant("first");
    String second = tickets.grant("second");
    for (int i = 0; i < Tickets.MOST - 1; i++) {
      tickets.grant("a");
    }
    assertThat(tickets.count()).isEqualTo(Tickets.MOST);
    assertThat(tickets.use(first)).isEmpty();
    assertThat(tickets.use(second)).contains("second");
    now.set(Instant.EPOCH.plus(VALID).plusMillis(1));
    assertThat(tickets.use(tickets.grant("again"))).contains("again");
    assertThat(tickets.count()).isZero();
  }
}
