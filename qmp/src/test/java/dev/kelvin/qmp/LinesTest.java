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
  private static List<String> cut(Lines lines, byte[] bytes) throws QmpException {
    var found = new ArrayList<String>();
    lines.feed(ByteBuffer.wrap(bytes), line -> found.add(new String(line, StandardCharsets.UTF_8)));
    return found;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void cutsAtLineEndsOfBothKinds() throws Exception {
    assertThat(cut(new Lines(100), bytes("a\r\nb\n\r\n\nc"))).containsExactly("a", "b");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void splitsAnywhereGiveTheSameLines(long seed) throws Exception {
    var random = new Random(seed);
    String text = "x".repeat(5000) + "ü\r\n\uD83D\uDE00東\n" + "y".repeat(9000) + "\r\n";
    byte[] all = bytes(text);
    var lines = new Lines(10_000);
    var found = new ArrayList<String>();
    for (int at = 0; at < all.length; ) {
      int end = Math.min(all.length, at + 1 + random.nextInt(700));
      found.addAll(cut(lines, java.util.Arrays.copyOfRange(all, at, end)));
      at = end;
    }
    assertThat(found).containsExactly("x".repeat(5000) + "ü", "\uD83D\uDE00東", "y".repeat(9000));
  }

  @Test
  void theSentinelThrowsAwayWhatCameBefore() throws Exception {
    var lines = new Lines(100);
    assertThat(cut(lines, bytes("{\"half"))).isEmpty();
    assertThat(cut(lines, new byte[] {(byte) 0xFF})).isEmpty();
    assertThat(cut(lines, bytes("whole\n"))).containsExactly("whole");
  }

  @Test
  void aLineOfTheLimitPassesAndALongerOneDoesNot() throws Exception {
    assertThat(cut(new Lines(10), bytes("0123456789\n"))).containsExactly("0123456789");
    assertThatThrownBy(() -> cut(new Lines(10), bytes("0123456789x")))
        .isInstanceOf(QmpException.ProtocolViolation.class);
  }
}
