package dev.kelvin.image.bulk;

import dev.kelvin.model.WireName;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The checksums that are made of files, of SHA-2 (FIPS 180-4). */
public enum Sha implements WireName {
  SHA256("sha256", "SHA-256", 64),
  SHA384("sha384", "SHA-384", 96),
  SHA512("sha512", "SHA-512", 128);

  private final String wire;
  private final String algorithm;
  private final int digits;

  Sha(String wire, String algorithm, int digits) {
    this.wire = wire;
    this.algorithm = algorithm;
    this.digits = digits;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** How many hexadecimal digits it has. */
  public int digits() {
    return digits;
  }

  /** Whether a text could be one of this kind, in lower case. */
  boolean fits(String hex) {
    return hex.length() == digits
        && hex.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  MessageDigest begin() {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-2", e);
    }
  }
}
