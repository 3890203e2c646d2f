package dev.kelvin.image.pull;

import static dev.kelvin.image.pull.PullBench.problem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import org.junit.jupiter.api.Test;

/** Sums in the words of each publisher of the catalogue. */
class SumsTest {
  private static final String A = "a1".repeat(32);
  private static final String B = "b2".repeat(32);
  private static final String LONG = "c3".repeat(64);

  private static String find(String text) {
    return Sums.find(text, "disk.qcow2", false).toString();
  }

  @Test
  void debianAndUbuntuWriteHexAndName() {
    assertThat(find(LONG + "  other.qcow2\n" + LONG + "  disk.qcow2\n"))
        .isEqualTo("sha512:" + LONG);
    assertThat(find(B + " *other.img\n" + A + " *disk.qcow2\n")).isEqualTo("sha256:" + A);
    assertThat(find(A.toUpperCase(java.util.Locale.ROOT) + "  ./disk.qcow2\r\n"))
        .isEqualTo("sha256:" + A);
  }

  @Test
  void fedoraAndFreebsdWriteTheAlgorithmFirst() {
    String text =
        """
        -----BEGIN PGP SIGNED MESSAGE-----
        Hash: SHA256

        # disk.qcow2: 583532544 bytes
        SHA256 (disk.qcow2) = %s
        SHA256 (other.raw.xz) = %s
        -----BEGIN PGP SIGNATURE-----
        """
            .formatted(A, B);
    assertThat(find(text)).isEqualTo("sha256:" + A);
    assertThat(find("SHA512 (disk.qcow2) = " + LONG)).isEqualTo("sha512:" + LONG);
  }

  @Test
  void theStrongestOneIsTaken() {
    assertThat(find("SHA256 (disk.qcow2) = " + A + "\nSHA512 (disk.qcow2) = " + LONG))
        .isEqualTo("sha512:" + LONG);
  }

  @Test
  void sumsOfOneFileNeedNotNameIt() {
    assertThat(Sums.find(LONG + "\n", "disk.qcow2", true).hex()).isEqualTo(LONG);
    assertThat(Sums.find(A + "  disk-Build1.2.qcow2\n", "disk.qcow2", true).hex()).isEqualTo(A);
    assertThat(Sums.areOf("https://h/d.qcow2.SHA256", "https://h/d.qcow2")).isTrue();
    assertThat(Sums.areOf("https://h/SHA256SUMS", "https://h/d.qcow2")).isFalse();
    assertThat(Sums.areOf("https://h/d.qcow2.xz.sha256", "https://h/d.qcow2")).isFalse();
  }

  @Test
  void whatDoesNotTellIsRefused() {
    assertThat(problem(() -> find("")).cause()).contains("no checksum");
    assertThat(problem(() -> find(A + "  other\n")).cause()).contains("1 other");
    assertThat(problem(() -> find("d41d8cd98f00b204e9800998ecf8427e  disk.qcow2")).code())
        .isEqualTo(Code.MALFORMED);
    assertThat(problem(() -> find(A + "  disk.qcow2\n" + B + "  disk.qcow2\n")).cause())
        .contains("differ");
    assertThat(problem(() -> find("SHA512 (disk.qcow2) = " + A)).cause()).contains("no checksum");
    assertThat(problem(() -> Sums.find(A + "  one\n" + B + "  two\n", "disk", true)).cause())
        .contains("differ");
  }

  @Test
  void checksumsOfUsers() {
    assertThat(Checksum.parse("SHA256:" + A.toUpperCase(java.util.Locale.ROOT)).hex()).isEqualTo(A);
    assertThat(problem(() -> Checksum.parse("sha512:" + A)).code())
        .isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem(() -> Checksum.parse("md5:d41d8cd98f00b204e9800998ecf8427e")).remedy())
        .contains("weaker");
  }
}
