package dev.kelvin.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinesTest {
  private static List<String> cut(Lines lines, int limit, byte[] bytes) throws QmpException {
    var found = new ArrayList<String>();
    lines.feed(ByteBuffer.wrap(bytes), new Upto(limit, found, false));
    return found;
  }

  private static Lines lines(Budget budget) {
    return new Lines(budget.new Peer());
  }

  /** Takes lines up to a limit; those that are longer are refused, or passed over. */
  private record Upto(int limit, List<String> found, boolean skips) implements Lines.Sink {
    @Override
    public void line(byte[] line, int length) {
      found.add(new String(line, 0, length, StandardCharsets.UTF_8));
    }

    @Override
    public void tooLong(int most) throws QmpException.ProtocolViolation {
      if (!skips) {
        Lines.Sink.super.tooLong(most);
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void cutsAtLineEndsOfBothKinds() throws Exception {
    assertThat(cut(lines(Budget.forOne()), 100, bytes("a\r\nb\n\r\n\nc")))
        .containsExactly("a", "b");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void splitsAnywhereGiveTheSameLines(long seed) throws Exception {
    var random = new Random(seed);
    String text = "x".repeat(5000) + "ü\r\n\uD83D\uDE00東\n" + "y".repeat(9000) + "\r\n";
    byte[] all = bytes(text);
    var lines = lines(Budget.forOne());
    var found = new ArrayList<String>();
    for (int at = 0; at < all.length; ) {
      int end = Math.min(all.length, at + 1 + random.nextInt(700));
      found.addAll(cut(lines, 10_000, java.util.Arrays.copyOfRange(all, at, end)));
      at = end;
    }
    assertThat(found).containsExactly("x".repeat(5000) + "ü", "\uD83D\uDE00東", "y".repeat(9000));
  }

  @Test
  void theSentinelThrowsAwayWhatCameBefore() throws Exception {
    var lines = lines(Budget.forOne());
    assertThat(cut(lines, 100, bytes("{\"half"))).isEmpty();
    assertThat(cut(lines, 100, new byte[] {(byte) 0xFF})).isEmpty();
    assertThat(cut(lines, 100, bytes("whole\n"))).containsExactly("whole");
  }

  @Test
  void aLineOfTheLimitPassesAndALongerOneDoesNot() throws Exception {
    assertThat(cut(lines(Budget.forOne()), 10, bytes("0123456789\n")))
        .containsExactly("0123456789");
    assertThatThrownBy(() -> cut(lines(Budget.forOne()), 10, bytes("0123456789x")))
        .isInstanceOf(QmpException.ProtocolViolation.class);
  }

  @Test
  void aLineThatIsTooLongIsPassedOverWhereThatIsWanted() throws Exception {
    var found = new ArrayList<String>();
    var lines = lines(Budget.forOne());
    var sink = new Upto(10, found, true);
    lines.feed(ByteBuffer.wrap(bytes("x".repeat(100_000))), sink);
    lines.feed(ByteBuffer.wrap(bytes("x\nshort\n")), sink);
    assertThat(found).containsExactly("short");
  }

  @Test
  void whatALongLineTakesOfTheBudgetComesBack() throws Exception {
    var budget = new Budget(1 << 20);
    try (var lines = lines(budget)) {
      cut(lines, 1 << 20, bytes("x".repeat(100_000)));
      assertThat(budget.left()).isLessThan((1 << 20) - (64 << 10));
      assertThat(cut(lines, 1 << 20, bytes("x\n"))).hasSize(1);
      assertThat(budget.left()).isEqualTo(1 << 20);
      cut(lines, 1 << 20, bytes("x".repeat(100_000)));
    }
    assertThat(budget.left()).isEqualTo(1 << 20);
  }

  @Test
  void aLineThatIsMoreThanAPeerMayHoldIsRefused() throws Exception {
    var budget = new Budget(64 << 10);
    try (var lines = lines(budget)) {
      assertThatThrownBy(() -> cut(lines, 1 << 20, bytes("x".repeat(200_000))))
          .isInstanceOf(QmpException.ProtocolViolation.class)
          .hasMessageContaining("one peer may hold 32 KiB");
    }
    assertThat(budget.left()).isEqualTo(64 << 10);
  }

  @Test
  void aLineThatOthersLeaveNoRoomForIsNoFaultOfThePeer() throws Exception {
    var budget = new Budget(512 << 10, 512 << 10);
    var others = budget.new Peer().share(400 << 10, 0);
    try (var lines = lines(budget)) {
      assertThat(cut(lines, 1 << 20, bytes("x".repeat(16_000) + "\n"))).hasSize(1);
      assertThatThrownBy(() -> cut(lines, 1 << 20, bytes("x".repeat(200_000))))
          .isInstanceOf(QmpException.Busy.class)
          .hasMessageContaining("together may hold 512 KiB");
    }
    others.giveBack();
    assertThat(budget.left()).isEqualTo(512 << 10);
  }
}
