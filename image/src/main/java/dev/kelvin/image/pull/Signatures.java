package dev.kelvin.image.pull;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.bcpg.ArmoredInputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPObjectFactory;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;

/**
 * Signatures of OpenPGP (RFC 4880) over files of sums. A key counts by its fingerprint, which is
 * known beforehand, and only a primary key counts: what hangs from it could have been hung there by
 * whoever serves it.
 */
final class Signatures {
  private static final String CLEAR = "-----BEGIN PGP SIGNED MESSAGE-----";

  /** Hashes that can be forged are not taken. */
  private static final Set<Integer> HASHES =
      Set.of(
          HashAlgorithmTags.SHA224,
          HashAlgorithmTags.SHA256,
          HashAlgorithmTags.SHA384,
          HashAlgorithmTags.SHA512);

  private Signatures() {}

  /** What a good signature covers, and the fingerprint of the key that made it. */
  record Signed(String text, String fingerprint) {}

  /** The primary keys in a file, armored or not; none when it is no file of keys. */
  static List<PGPPublicKey> keys(byte[] file) {
    var keys = new ArrayList<PGPPublicKey>();
    try (InputStream in = PGPUtil.getDecoderStream(new ByteArrayInputStream(file))) {
      var objects = new PGPObjectFactory(in, new BcKeyFingerprintCalculator());
      for (Object next = objects.nextObject(); next != null; next = objects.nextObject()) {
        if (next instanceof PGPPublicKeyRing ring) {
          keys.add(ring.getPublicKey());
        }
      }
    } catch (IOException | RuntimeException e) { // the parser throws what it likes at garbage
      LOG.log(System.Logger.Level.DEBUG, "a file of keys ends in what is none", e);
    }
    return keys;
  }

  private static final System.Logger LOG = System.getLogger(Signatures.class.getName());

  static String fingerprint(PGPPublicKey key) {
    return HexFormat.of().withUpperCase().formatHex(key.getFingerprint());
  }

  /** The key with a fingerprint. */
  static Optional<PGPPublicKey> find(List<PGPPublicKey> keys, String fingerprint) {
    String wanted = fingerprint.replace(" ", "").toUpperCase(Locale.ROOT);
    return keys.stream().filter(key -> fingerprint(key).equals(wanted)).findFirst();
  }

  /**
   * Verifies sums that were signed in a file of its own.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when no key signed them
   */
  static Signed detached(byte[] sums, byte[] signature, List<PGPPublicKey> keys) {
    try (InputStream in = PGPUtil.getDecoderStream(new ByteArrayInputStream(signature))) {
      PGPPublicKey signer = verify(signatures(in), keys, sums);
      return new Signed(new String(sums, StandardCharsets.UTF_8), fingerprint(signer));
    } catch (IOException | PGPException | RuntimeException e) {
      throw refused(e);
    }
  }

  /**
   * Verifies sums that have their signature below them (RFC 4880, 7). Only what lies within counts.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when no key signed them
   */
  static Signed clear(byte[] file, List<PGPPublicKey> keys) {
    try (var in = new ArmoredInputStream(new ByteArrayInputStream(file))) {
      if (!new String(file, StandardCharsets.ISO_8859_1).stripLeading().startsWith(CLEAR)
          || !in.isClearText()) {
        throw new IOException("the sums are not signed");
      }
      var text = new ByteArrayOutputStream();
      for (int c = in.read(); c >= 0 && in.isClearText(); c = in.read()) {
        text.write(c);
      }
      String content = text.toString(StandardCharsets.UTF_8);
      PGPPublicKey signer = verify(signatures(in), keys, canonical(text.toByteArray()));
      return new Signed(content, fingerprint(signer));
    } catch (IOException | PGPException | RuntimeException e) {
      throw refused(e);
    }
  }

  /** RFC 4880, 7.1: lines end in CR and LF, the last one in nothing, and none in blanks. */
  private static byte[] canonical(byte[] text) {
    String joined =
        new String(text, StandardCharsets.ISO_8859_1)
            .lines()
            .map(line -> line.replaceAll("[ \\t]+$", ""))
            .reduce((one, two) -> one + "\r\n" + two)
            .orElse("");
    return joined.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static PGPSignatureList signatures(InputStream in) throws IOException {
    var objects = new PGPObjectFactory(in, new BcKeyFingerprintCalculator());
    if (objects.nextObject() instanceof PGPSignatureList list) {
      return list;
    }
    throw new IOException("there is no signature");
  }

  /** The first of the keys that made one of the signatures. */
  private static PGPPublicKey verify(
      PGPSignatureList signatures, List<PGPPublicKey> keys, byte[] content)
      throws PGPException, IOException {
    for (PGPSignature signature : signatures) {
      for (PGPPublicKey key : keys) {
        if (key.getKeyID() != signature.getKeyID()) {
          continue;
        }
        int kind = signature.getSignatureType();
        if (kind != PGPSignature.BINARY_DOCUMENT && kind != PGPSignature.CANONICAL_TEXT_DOCUMENT) {
          throw new IOException("it is not one of a document");
        }
        if (!HASHES.contains(signature.getHashAlgorithm())) {
          throw new IOException("it was made with a hash that can be forged");
        }
        if (key.hasRevocation()) {
          throw new IOException("its key was revoked");
        }
        signature.init(new BcPGPContentVerifierBuilderProvider(), key);
        signature.update(content);
        if (!signature.verify()) {
          throw new IOException("the sums are not what was signed");
        }
        return key;
      }
    }
    throw new IOException("none of the publisher's keys made it");
  }

  private static RuntimeException refused(Exception e) {
    String cause = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return Problem.of(Code.INVALID_ARGUMENT, "The signature of the publisher's sums is not good")
        .because(cause)
        .remedy(
            "do not use this file; try again or use another mirror, and tell the publisher if it"
                + " stays")
        .asException(e);
  }
}
