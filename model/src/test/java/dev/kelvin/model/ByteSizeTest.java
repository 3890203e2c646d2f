package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "1B, 1",
    "1k, 1024",
    "1K, 1024",
    "1KB, 1024",
    "1KiB, 1024",
    "512MiB, 536870912",
    "512 mib, 536870912",
    "' 2 G ', 2147483648",
    "2gb, 2147483648",
    "3T, 3298534883328",
    "1PiB, 1125899906842624",
    "7EiB, 8070450532247928832",
    "9223372036854775807, 9223372036854775807"
  })
  void readsWhatPeopleWrite(String text, long bytes) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "x", "-1", "-5GiB", "1.5GiB", "1,5G", "GiB", "1XB", "1 2", "0x10", "1e9", "1GiBs",
        "∞", "１GiB"
      })
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not a size");
  }

  @ParameterizedTest
  @ValueSource(strings = {"8EiB", "10EiB", "9223372036854775808", "9999999999999999999GiB"})
  void refusesWhatIsTooLarge(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too large");
  }

  @Test
  void refusesTwentyDigitsAsNoSize() {
    assertThatThrownBy(() -> ByteSize.parse("10000000000000000000000"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isNeverNegative() {
    assertThatThrownBy(() -> new ByteSize(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ByteSize.ofGiB(1L << 40)).isInstanceOf(ArithmeticException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B, 0 B",
    "1000, 1000B, 1000 B",
    "1024, 1KiB, 1.0 KiB",
    "1536, 1536B, 1.5 KiB",
    "1610612736, 1536MiB, 1.5 GiB",
    "2147483648, 2GiB, 2.0 GiB",
    "161061273600, 150GiB, 150 GiB",
    "9223372036854775807, 9223372036854775807B, 8.0 EiB"
  })
  void writesTheShortestExactFormAndOneForPeople(long bytes, String exact, String human) {
    assertThat(new ByteSize(bytes)).hasToString(exact);
    assertThat(new ByteSize(bytes).human()).isEqualTo(human);
  }

  @Test
  void roundsForPeopleAsAFormatDoes() {
    var random = new Random(11);
    for (int i = 0; i < 20_000; i++) {
      long bytes = random.nextLong(Long.MAX_VALUE) >> random.nextInt(63);
      int unit = 0;
      double value = bytes;
      while (value >= 1024) {
        value /= 1024;
        unit++;
      }
      String form = unit == 0 || value >= 100 ? "%.0f" : "%.1f";
      assertThat(new ByteSize(bytes).human())
          .startsWith(String.format(Locale.ROOT, form, value) + " ");
    }
  }

  @Test
  void whatItWritesItReads() {
    var random = new Random(7);
    for (int i = 0; i < 1000; i++) {
      var size = new ByteSize(random.nextLong(Long.MAX_VALUE) >> random.nextInt(63));
      assertThat(ByteSize.parse(size.toString())).isEqualTo(size);
    }
  }

  @Test
  void comparesAndConverts() {
    assertThat(ByteSize.ofMiB(1024)).isEqualByComparingTo(ByteSize.ofGiB(1));
    assertThat(ByteSize.ofMiB(1)).isLessThan(ByteSize.ofGiB(1));
    assertThat(ByteSize.parse("1535KiB").mebibytes()).isEqualTo(1);
  }
}
