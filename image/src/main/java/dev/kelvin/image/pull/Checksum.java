package dev.kelvin.image.pull;

import dev.kelvin.image.bulk.BulkWork;
import dev.kelvin.image.bulk.Sha;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.WireName;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A checksum of SHA-2 (FIPS 180-4); weaker ones prove nothing against those who want to deceive.
 *
 * @param algorithm {@code sha256}, {@code sha384} or {@code sha512}
 * @param hex in lower case
 */
record Checksum(String algorithm, String hex) {
  private static final Pattern TEXT =
      Pattern.compile("(sha256|sha384|sha512):([0-9a-f]{64,128})", Pattern.CASE_INSENSITIVE);

  /**
   * Reads one as users write it, {@code sha256:…}.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument
   */
  static Checksum parse(String text) {
    Matcher match = TEXT.matcher(text);
    if (match.matches()) {
      Optional<Checksum> found = ofHex(match.group(2));
      if (found.isPresent() && found.get().algorithm.equalsIgnoreCase(match.group(1))) {
        return found.get();
      }
    }
    throw Problem.of(Code.INVALID_ARGUMENT, "The checksum cannot be used")
        .at("checksum")
        .because("it is not sha256, sha384 or sha512, a colon, and as many hexadecimal digits")
        .remedy("write it as sha256:9f86d0…, as the publisher shows it; weaker kinds prove nothing")
        .asException();
  }

  /** The checksum that these digits are; their number tells the algorithm. */
  static Optional<Checksum> ofHex(String digits) {
    String hex = digits.toLowerCase(Locale.ROOT);
    return switch (hex.length()) {
      case 64 -> Optional.of(new Checksum("sha256", hex));
      case 96 -> Optional.of(new Checksum("sha384", hex));
      case 128 -> Optional.of(new Checksum("sha512", hex));
      default -> Optional.empty();
    };
  }

  /** The checksum of the same kind of a file's content. */
  Checksum of(Path file, BulkWork bulk, ProgressSink progress) throws InterruptedException {
    Sha kind = WireName.find(Sha.class, algorithm).orElseThrow();
    return new Checksum(algorithm, bulk.digest(file, kind, progress));
  }

  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }
}
