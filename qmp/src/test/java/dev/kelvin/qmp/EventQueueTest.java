package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class EventQueueTest {
  private static QmpEvent event(String name, int number) {
    return new QmpEvent(name, Json.MAPPER.createObjectNode().put("n", number), Instant.EPOCH);
  }

  @Test
  void keepsTheOrder() throws Exception {
    var queue = new EventQueue();
    queue.put(event("A", 1), 10);
    queue.put(event("B", 2), 10);
    queue.close();
    assertThat(queue.take()).isEqualTo(event("A", 1));
    assertThat(queue.take()).isEqualTo(event("B", 2));
    assertThat(queue.take()).isNull();
  }

  @Test
  void aFloodOfOneNameDropsTheOldestOfThatName() throws Exception {
    var queue = new EventQueue();
    queue.put(event("RARE", 0), 10);
    for (int i = 0; i < EventQueue.PER_NAME + 10; i++) {
      queue.put(event("FLOOD", i), 10);
    }
    assertThat(queue.dropped()).isEqualTo(10);
    assertThat(queue.take()).isEqualTo(event("RARE", 0));
    assertThat(queue.take()).isEqualTo(event("FLOOD", 10));
  }

  @Test
  void manyNamesTogetherAreBoundedByWhatTheyTake() throws Exception {
    var queue = new EventQueue();
    for (int i = 0; i < 105; i++) {
      queue.put(event("E" + i, i), EventQueue.TOTAL / 100);
    }
    assertThat(queue.dropped()).isEqualTo(5);
    assertThat(queue.take()).isEqualTo(event("E5", 5));
  }

  @Test
  void whatIsPutInAfterTheEndIsNotHandedOut() throws Exception {
    var queue = new EventQueue();
    queue.close();
    queue.put(event("A", 1), 10);
    assertThat(queue.take()).isNull();
  }
}
