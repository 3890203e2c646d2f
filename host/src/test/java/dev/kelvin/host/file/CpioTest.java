package dev.kelvin.host.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The first root of a guest, as Linux wants it. */
class CpioTest {
  @Test
  void archiveHasHeadsNamesAndContentsAtMultiplesOfFour() {
    var archive = new Cpio();
    archive.directory("bin");
    archive.program("bin/odd", "abc".getBytes(StandardCharsets.US_ASCII));
    byte[] bytes = archive.finish();

    String text = new String(bytes, StandardCharsets.US_ASCII);
    assertThat(bytes.length % 4).isZero();
    assertThat(text).startsWith("070701").contains("bin/odd\0", "abc\0", "TRAILER!!!");
    assertThat(text.substring(6 + 8, 6 + 16)).isEqualTo("000041ED");
    assertThat(text.indexOf("abc\0") % 4).isZero();
    assertThat(text.indexOf("070701", 6) % 4).isZero();
  }
}
