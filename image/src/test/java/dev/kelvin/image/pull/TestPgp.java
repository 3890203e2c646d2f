package dev.kelvin.image.pull;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.bcpg.ArmoredOutputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyAlgorithmTags;
import org.bouncycastle.crypto.generators.RSAKeyPairGenerator;
import org.bouncycastle.crypto.params.RSAKeyGenerationParameters;
import org.bouncycastle.openpgp.PGPKeyPair;
import org.bouncycastle.openpgp.PGPKeyRingGenerator;
import org.bouncycastle.openpgp.PGPSecretKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureGenerator;
import org.bouncycastle.openpgp.operator.bc.BcPBESecretKeyEncryptorBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPDigestCalculatorProvider;
import org.bouncycastle.openpgp.operator.bc.BcPGPKeyPair;

/** A publisher's key that a test makes, and signatures with it. */
final class TestPgp {
  private final PGPKeyPair pair;
  private final PGPSecretKeyRing ring;

  private TestPgp(PGPKeyPair pair, PGPSecretKeyRing ring) {
    this.pair = pair;
    this.ring = ring;
  }

  static TestPgp make() throws Exception {
    var generator = new RSAKeyPairGenerator();
    generator.init(
        new RSAKeyGenerationParameters(
            java.math.BigInteger.valueOf(65537), new SecureRandom(), 2048, 12));
    var pair =
        new BcPGPKeyPair(
            org.bouncycastle.bcpg.PublicKeyPacket.VERSION_4,
            PublicKeyAlgorithmTags.RSA_GENERAL,
            generator.generateKeyPair(),
            Date.from(java.time.Instant.now()));
    var rings =
        new PGPKeyRingGenerator(
            PGPSignature.POSITIVE_CERTIFICATION,
            pair,
            "Publisher <publisher@example.org>",
            new BcPGPDigestCalculatorProvider().get(HashAlgorithmTags.SHA1),
            null,
            null,
            new BcPGPContentSignerBuilder(
                PublicKeyAlgorithmTags.RSA_GENERAL, HashAlgorithmTags.SHA256),
            new BcPBESecretKeyEncryptorBuilder(org.bouncycastle.openpgp.PGPEncryptedData.NULL)
                .build(new char[0]));
    return new TestPgp(pair, rings.generateSecretKeyRing());
  }

  String fingerprint() {
    return HexFormat.of().withUpperCase().formatHex(pair.getPublicKey().getFingerprint());
  }

  byte[] armoredKey() throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (OutputStream out = ArmoredOutputStream.builder().build(bytes)) {
      out.write(ring.toCertificate().getEncoded());
    }
    return bytes.toByteArray();
  }

  byte[] detached(byte[] content, int hash) throws Exception {
    PGPSignatureGenerator generator = generator(PGPSignature.BINARY_DOCUMENT, hash);
    generator.update(content);
    var bytes = new ByteArrayOutputStream();
    try (OutputStream out = ArmoredOutputStream.builder().build(bytes)) {
      generator.generate().encode(out);
    }
    return bytes.toByteArray();
  }

  /** The text with its signature below it, in lines of LF as Fedora writes it. */
  byte[] clear(String text) throws Exception {
    PGPSignatureGenerator generator =
        generator(PGPSignature.CANONICAL_TEXT_DOCUMENT, HashAlgorithmTags.SHA256);
    String joined = String.join("\r\n", text.lines().map(String::stripTrailing).toList());
    generator.update(joined.getBytes(StandardCharsets.UTF_8));
    var bytes = new ByteArrayOutputStream();
    try (var out = ArmoredOutputStream.builder().build(bytes)) {
      out.beginClearText(HashAlgorithmTags.SHA256);
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.endClearText();
      generator.generate().encode(out);
    }
    return bytes.toByteArray();
  }

  private PGPSignatureGenerator generator(int type, int hash) throws Exception {
    var generator =
        new PGPSignatureGenerator(
            new BcPGPContentSignerBuilder(PublicKeyAlgorithmTags.RSA_GENERAL, hash),
            pair.getPublicKey());
    generator.init(type, pair.getPrivateKey());
    return generator;
  }
}
