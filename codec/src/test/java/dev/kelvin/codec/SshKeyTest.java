package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.spec.SshKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which lines of authorized_keys are keys. */
class SshKeyTest {
  private static final String KEY = key("ssh-ed25519", part("ssh-ed25519"), new byte[36]);

  private static byte[] part(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
  }

  /** A line whose content is these parts; what is all zeros is one of its length. */
  private static String key(String type, byte[]... parts) {
    var all = ByteBuffer.allocate(1000);
    for (byte[] part : parts) {
      if (part[3] == 0 && part.length > 4) {
        part[3] = (byte) (part.length - 4);
      }
      all.put(part);
    }
    byte[] content = new byte[all.position()];
    all.flip().get(content);
    return type + " " + Base64.getEncoder().encodeToString(content);
  }

  static Stream<String> keys() {
    String sk = "sk-ecdsa-sha2-nistp256@openssh.com";
    String certificate = "ssh-ed25519-cert-v01@openssh.com";
    return Stream.of(
        KEY,
        KEY + " ann@host",
        KEY + "\tann \"at\" home",
        "restrict " + KEY,
        "from=\"10.0.0.0/8,!10.0.0.1\",no-pty,command=\"echo \\\"a b\\\", c\" " + KEY + " x",
        key("ssh-rsa", part("ssh-rsa"), part("e"), part("n")),
        key("ecdsa-sha2-nistp256", part("ecdsa-sha2-nistp256"), part("nistp256"), part("point")),
        key(sk, part(sk), part("nistp256"), part("point"), part("ssh:")),
        key(
            certificate,
            part(certificate),
            part("nonce"),
            part("key"),
            new byte[] {9, 9, 9, 9, 9}));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void takesKeysWithTheirOptionsAndComments(String line) {
    assertThat(SshKey.fault(line)).isNull();
  }

  @Test
  void aKeyThatIsCutAnywhereIsNone() {
    for (int length = 0; length < KEY.length(); length++) {
      assertThat(SshKey.fault(KEY.substring(0, length))).as("%d characters", length).isNotNull();
    }
    String rsa = key("ssh-rsa", part("ssh-rsa"), part("e"));
    assertThat(SshKey.fault(rsa)).contains("cut");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "github.com KEY",
        "no-such-option KEY",
        "from=\"a KEY",
        "from=\"a\"x KEY",
        ", KEY",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "PuTTY-User-Key-File-3: ssh-ed25519",
        "---- BEGIN SSH2 PUBLIC KEY ----"
      })
  void refusesWhatIsNoKey(String line) {
    assertThat(SshKey.fault(line.replace("KEY", KEY))).isNotNull();
  }

  @Test
  void saysWhatItIsInstead() {
    assertThat(SshKey.fault("-----BEGIN RSA PRIVATE KEY-----")).contains("private key");
    assertThat(SshKey.fault("---- BEGIN SSH2 PUBLIC KEY ----")).contains("ssh-keygen -i");
    assertThat(SshKey.fault(KEY.replace("ssh-ed25519 ", "ssh-rsa "))).contains("another type");
    assertThat(SshKey.fault(",".repeat(16_000) + " " + KEY)).isNotNull();
    assertThat(SshKey.fault("from=\"" + "\\a".repeat(8_000) + "\" " + KEY)).isNull();
  }

  @Test
  void aWholeFileInOneEntryIsSeveralKeys() {
    var vm =
        Rules.vm(
            "cloudInit: {sshKeys: [\"# mine\\r\\n%s a\\r\\n\\r\\nrestrict %s b\\r\\n\"]}"
                .formatted(KEY, KEY));
    assertThat(vm.spec().cloudInit()).isNotNull();
    assertThat(vm.spec().cloudInit().sshKeys())
        .isEqualTo(List.of(KEY + " a", "restrict " + KEY + " b"));
    assertThat(dev.kelvin.model.spec.SpecRules.check(vm)).isEmpty();
  }

  @Test
  void aCutKeyOfASpecIsRefusedWithItsPlace() {
    String cut = KEY.substring(0, 60);
    assertThat(Rules.check("cloudInit: {sshKeys: ['" + KEY + "', '" + cut + "']}"))
        .singleElement()
        .extracting(Violation::field)
        .isEqualTo("spec.cloudInit.sshKeys[1]");
  }
}
