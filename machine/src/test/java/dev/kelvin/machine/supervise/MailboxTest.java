package dev.kelvin.machine.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.supervise.Mailbox.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits for a supervisor: guests may say as much as they like, requests are never lost. */
@Timeout(30)
class MailboxTest {
  private final Mailbox mailbox = new Mailbox();

  private static Message heard(int generation, Signal signal) {
    return new Message.Heard(generation, signal);
  }

  private static Message ask() {
    return new Message.Ask(new VmRequest.Stop(), new CompletableFuture<>());
  }

  private List<Message> all() {
    var messages = new ArrayList<Message>();
    for (Message one = mailbox.poll(); one != null; one = mailbox.poll()) {
      messages.add(one);
    }
    return messages;
  }

  @Test
  void whatComesFirstIsTakenFirst() {
    Message first = heard(1, new Signal.Resumed());
    Message second = ask();
    Message third = heard(1, new Signal.Paused("somebody"));
    List.of(first, second, third).forEach(mailbox::add);
    assertThat(all()).containsExactly(first, second, third);
    assertThat(mailbox.isEmpty()).isTrue();
  }

  /** The last ones of each kind are kept, and others' are not touched. */
  @Test
  void ofOneKindTheOldestAreForgotten() {
    Message other = heard(0, new Signal.Resumed());
    Message request = ask();
    mailbox.add(other);
    mailbox.add(request);
    var resets = new ArrayList<Message>();
    for (int i = 0; i < 3 * Mailbox.PER_KIND; i++) {
      resets.add(heard(i, new Signal.Reset(true)));
      mailbox.add(resets.getLast());
    }
    var expected = new ArrayList<>(List.of(other, request));
    expected.addAll(resets.subList(2 * Mailbox.PER_KIND, resets.size()));
    assertThat(all()).isEqualTo(expected);
  }

  @Test
  void whatWasTakenCountsNoMore() {
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < Mailbox.PER_KIND; i++) {
        mailbox.add(heard(i, new Signal.Reset(true)));
      }
      assertThat(all()).hasSize(Mailbox.PER_KIND);
    }
  }

  @Test
  void requestsAreNeverForgotten() {
    var asked = new ArrayList<Message>();
    for (int i = 0; i < 10 * Mailbox.PER_KIND; i++) {
      asked.add(ask());
      mailbox.add(asked.getLast());
    }
    assertThat(all()).isEqualTo(asked);
  }

  @Test
  void whoWaitsIsWokenByWhatComes() throws Exception {
    var waiting = new CompletableFuture<Message>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            waiting.complete(mailbox.poll(20_000));
          } catch (InterruptedException e) {
            waiting.completeExceptionally(e);
          }
        });
    Message request = ask();
    mailbox.add(request);
    assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo(request);
    assertThat(mailbox.poll(1)).isNull();
  }
}
