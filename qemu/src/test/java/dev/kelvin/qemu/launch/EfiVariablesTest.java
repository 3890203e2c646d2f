package dev.kelvin.qemu.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.SecureBootCertificates;
import dev.kelvin.qemu.GoldenCase;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Keys in the variable store of the installed firmware, read back by their layout. */
class EfiVariablesTest {
  private static final Path EMPTY = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");
  private static final Path ENROLLED = Path.of("/usr/share/OVMF/OVMF_VARS_4M.ms.fd");

  private static byte[] template(Path file) throws IOException {
    Assumptions.assumeTrue(Files.isReadable(file), "ovmf is not installed");
    return Files.readAllBytes(file);
  }

  private static SecureBootCertificates keys() throws IOException {
    return Objects.requireNonNull(
        GoldenCase.read("uefi-own-keys").spec().firmware().certificates());
  }

  /** The variables of a store, by name; their attributes are the first four bytes. */
  private static Map<String, byte[]> variables(byte[] image) {
    var store = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    var found = new LinkedHashMap<String, byte[]>();
    int at = store.getShort(48) + 28;
    while (store.getShort(at) == 0x55AA) {
      int nameSize = store.getInt(at + 36);
      int dataSize = store.getInt(at + 40);
      int data = at + 60 + nameSize;
      String name = new String(image, at + 60, nameSize - 2, StandardCharsets.UTF_16LE);
      byte[] value = new byte[4 + dataSize];
      System.arraycopy(image, at + 4, value, 0, 4);
      System.arraycopy(image, data, value, 4, dataSize);
      if (image[at + 2] == 0x3f) {
        found.put(name, value);
      }
      at = (data + dataSize + 3) & ~3;
    }
    return found;
  }

  @Test
  void theKeysAreInTheStore() throws Exception {
    byte[] template = template(EMPTY);
    byte[] enrolled = EfiVariables.enroll(template, keys());
    assertThat(enrolled).hasSameSizeAs(template);
    Map<String, byte[]> found = variables(enrolled);
    assertThat(found.keySet()).containsExactly("db", "KEK", "PK", "SecureBootEnable");
    byte[] certificate =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(keys().platformKey().getBytes(StandardCharsets.US_ASCII)))
            .getEncoded();
    for (String name : List.of("db", "KEK", "PK")) {
      byte[] value = Objects.requireNonNull(found.get(name));
      assertThat(value[0]).isEqualTo((byte) 0x27);
      // Attributes, then a signature list of 28 bytes, the owner of 16, and the certificate.
      assertThat(Arrays.copyOfRange(value, 4 + 28 + 16, value.length)).isEqualTo(certificate);
    }
    assertThat(found.get("SecureBootEnable")).containsExactly(3, 0, 0, 0, 1);
  }

  @Test
  void theReaderOfThisTestUnderstandsWhatTheFirmwareItselfWrote() throws IOException {
    assertThat(variables(template(ENROLLED))).containsKeys("db", "KEK", "PK", "SecureBootEnable");
  }

  @Test
  void otherTemplatesAreRefused() throws IOException {
    byte[] damaged = template(EMPTY);
    damaged[41] = 'x';
    for (byte[] bad : List.of(new byte[0], new byte[4096], damaged, template(ENROLLED))) {
      var refusal =
          catchThrowableOfType(ProblemException.class, () -> EfiVariables.enroll(bad, keys()));
      assertThat(refusal).isNotNull();
      assertThat(refusal.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
    }
  }

  @Test
  void moreKeysThanFitAreRefused() throws IOException {
    String one = keys().platformKey();
    var many = new SecureBootCertificates(one, List.of(one), Collections.nCopies(400, one));
    byte[] template = template(EMPTY);
    var refusal =
        catchThrowableOfType(ProblemException.class, () -> EfiVariables.enroll(template, many));
    assertThat(refusal).isNotNull();
    assertThat(refusal.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
  }
}
