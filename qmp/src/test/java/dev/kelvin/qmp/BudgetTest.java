package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BudgetTest {
  private static final int MIB = 1 << 20;

  @Test
  void onePeerHasNoMoreThanItsPart() throws Exception {
    var budget = new Budget(32 * MIB, 16 * MIB);
    var peer = budget.new Peer();
    assertThatThrownBy(() -> peer.share(17 * MIB, 0))
        .isInstanceOf(QmpException.ProtocolViolation.class)
        .hasMessageContaining("one peer may hold");
    var share = peer.share(16 * MIB, 0);
    // What it holds already is of messages that kept to the rules.
    assertThatThrownBy(() -> peer.share(MIB, 0)).isInstanceOf(QmpException.Busy.class);
    share.giveBack();
    share.giveBack();
    assertThat(budget.left()).isEqualTo(32 * MIB);
  }

  @Test
  void whatIsCollectedCountsToo() throws Exception {
    var budget = new Budget(32 * MIB, 16 * MIB);
    var peer = budget.new Peer();
    try (var account = peer.account(0)) {
      account.hold(10 * MIB);
      assertThatThrownBy(() -> peer.share(7 * MIB, 0))
          .isInstanceOf(QmpException.ProtocolViolation.class);
    }
    peer.share(7 * MIB, 0).giveBack();
    assertThat(budget.left()).isEqualTo(32 * MIB);
  }

  @Test
  void thoseWithMuchLeaveRoomForThoseWithLittle() throws Exception {
    var budget = new Budget(48 * MIB, 40 * MIB);
    var large = budget.new Peer().share(40 * MIB, 0);
    var other = budget.new Peer();
    assertThatThrownBy(() -> other.share(4 * MIB, 0)).isInstanceOf(QmpException.Busy.class);
    other.share(2 * MIB, 0).giveBack();
    large.giveBack();
    other.share(4 * MIB, 0).giveBack();
  }

  @Test
  void whatIsOnesOwnIsThereWhateverOthersHave() throws Exception {
    var budget = new Budget(8 * MIB);
    var shares = new ArrayList<Budget.Share>();
    // Each with little, as a crowd of guests would.
    for (int i = 0; i < 16; i++) {
      shares.add(budget.new Peer().share(MIB / 2, 0));
    }
    assertThat(budget.left()).isZero();
    var peer = budget.new Peer();
    assertThatThrownBy(() -> peer.share(2048, 1024)).isInstanceOf(QmpException.Busy.class);
    peer.share(1024, 1024).giveBack();
    shares.forEach(Budget.Share::giveBack);
    assertThat(budget.left()).isEqualTo(8 * MIB);
  }

  @Test
  void whoFindsNoRoomWaitsForOthersToGiveBack() throws Exception {
    var budget = new Budget(8 * MIB, 8 * MIB);
    var held = budget.new Peer().share(6 * MIB, 0);
    var begun = new CountDownLatch(1);
    var got = new CompletableFuture<Budget.Share>();
    Thread.ofVirtual()
        .start(() -> {
          begun.countDown();
          try {
            got.complete(budget.new Peer().share(4 * MIB, 0));
          } catch (QmpException e) {
            got.completeExceptionally(e);
          }
        });
    begun.await();
    assertThat(got).isNotDone();
    held.giveBack();
    got.get(10, TimeUnit.SECONDS).giveBack();
  }

  /** What real answers of QEMU and of the agent are like. */
  @Test
  void anOrdinaryAnswerNeedsNothingOfWhatIsShared() {
    String disk =
        "{\"device\": \"disk-0\", \"locked\": false, \"inserted\": {\"file\": \"/x/y\", \"iops\": 0,"
            + " \"image\": {\"virtual-size\": 8589934592, \"format\": \"qcow2\"}}},";
    byte[] answer =
        ("{\"return\": [" + disk.repeat(8192 / disk.length()) + "0]}")
            .getBytes(StandardCharsets.UTF_8);
    assertThat(answer.length).isGreaterThan(8000);
    assertThat(Bounds.ANSWER.cost(answer, answer.length)).isLessThan(QmpClient.OWN);
    assertThat(Bounds.SHORT.cost(answer, answer.length)).isLessThan(AgentLink.OWN);
  }

  @Test
  void aMessageCostsAtLeastWhatItsTokensTake() throws Exception {
    for (String text :
        new String[] {
          "[[],[],[],[0]]", "{\"a\":{},\"b\":{\"c\":[1,2,3,true,null]}}", "5", "\"x\"", "[1,2,3,4]"
        }) {
      byte[] line = text.getBytes(StandardCharsets.UTF_8);
      int tokens = Json.read(line, line.length, Bounds.ANSWER).tokens();
      assertThat(Bounds.ANSWER.cost(line, line.length))
          .as(text)
          .isGreaterThanOrEqualTo((long) tokens * Bounds.TOKEN_BYTES);
    }
  }
}
