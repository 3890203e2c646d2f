package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class EventQueueTest {
  private static QmpEvent event(String name, int number) {
    return new QmpEvent(name, Json.MAPPER.createObjectNode().put("n", number), Instant.EPOCH);
  }

  private static EventQueue queue() {
    return new EventQueue(
        line -> line.length == 0 ? Optional.empty() : Optional.of(event("HELD", (int) line[0])));
  }

  @Test
  void ofWhatComesTooOftenTheLastIsHandedOutWhenNothingElseWaits() throws Exception {
    var queue = queue();
    queue.hold("A", new byte[] {1});
    queue.hold("A", new byte[] {2});
    queue.put(event("B", 3), 10);
    assertThat(queue.take()).isEqualTo(event("B", 3));
    assertThat(queue.take()).isEqualTo(event("HELD", 2));
    assertThat(queue.dropped()).isEqualTo(1);
    queue.hold("A", new byte[] {4});
    queue.put(event("A", 5), 10);
    queue.hold("B", new byte[0]);
    queue.hold("C", new byte[] {6});
    queue.close();
    assertThat(queue.take()).isEqualTo(event("A", 5));
    assertThat(queue.take()).isEqualTo(event("HELD", 6));
    assertThat(queue.take()).isNull();
  }

  @Test
  void whatIsHeldIsHandedOutInTheOrderInWhichItCame() throws Exception {
    var queue = queue();
    queue.hold("A", new byte[] {1});
    queue.hold("B", new byte[] {2});
    queue.hold("A", new byte[] {3});
    queue.close();
    assertThat(queue.take()).isEqualTo(event("HELD", 2));
    assertThat(queue.take()).isEqualTo(event("HELD", 3));
    assertThat(queue.take()).isNull();
  }

  /** Of what tells of one thing, nothing older comes after the last. */
  @Test
  void aResumeThatWasHeldDoesNotComeAfterAStop() throws Exception {
    var queue = queue();
    queue.hold("RESUME", new byte[] {1});
    queue.hold("STOP", new byte[] {2});
    queue.hold("RESUME", new byte[] {3});
    queue.put(event("STOP", 4), 10);
    queue.close();
    assertThat(queue.take()).isEqualTo(event("STOP", 4));
    assertThat(queue.take()).isNull();
  }

  @Test
  void onlySoManyNamesAreHeld() throws Exception {
    var queue = queue();
    for (int i = 0; i < 1000; i++) {
      queue.hold("N" + i, new byte[] {1});
    }
    queue.close();
    int held = 0;
    while (queue.take() != null) {
      held++;
    }
    assertThat(held).isEqualTo(64);
    assertThat(queue.dropped()).isEqualTo(1000 - 64);
  }

  @Test
  void keepsTheOrder() throws Exception {
    var queue = queue();
    queue.put(event("A", 1), 10);
    queue.put(event("B", 2), 10);
    queue.close();
    assertThat(queue.take()).isEqualTo(event("A", 1));
    assertThat(queue.take()).isEqualTo(event("B", 2));
    assertThat(queue.take()).isNull();
  }

  @Test
  void aFloodOfOneNameDropsTheOldestOfThatName() throws Exception {
    var queue = queue();
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
    var queue = queue();
    for (int i = 0; i < 105; i++) {
      queue.put(event("E" + i, i), EventQueue.TOTAL / 100);
    }
    assertThat(queue.dropped()).isEqualTo(5);
    assertThat(queue.take()).isEqualTo(event("E5", 5));
  }

  @Test
  void whatIsPutInAfterTheEndIsNotHandedOut() throws Exception {
    var queue = queue();
    queue.close();
    queue.put(event("A", 1), 10);
    assertThat(queue.take()).isNull();
  }
}
