package dev.kelvin.image.pull;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Files of checksums as publishers write them: lines of sha256sum(1), {@code HEX NAME} and {@code
 * HEX *NAME}; lines of BSD's, {@code SHA256 (NAME) = HEX}; and a checksum alone. What is none of
 * these, such as a comment, is passed over.
 */
final class Sums {
  private static final Pattern GNU =
      Pattern.compile("\\\\?([0-9a-fA-F]{64,128})[ \\t]+\\*?(?:\\./)?(\\S.*)");
  private static final Pattern BSD =
      Pattern.compile("(SHA256|SHA384|SHA512) \\((?:\\./)?(.+)\\) ?= ?([0-9a-fA-F]{64,128})");
  private static final Pattern ALONE = Pattern.compile("[0-9a-fA-F]{64,128}");

  private Sums() {}

  /**
   * The checksum of a file, the strongest one where there are several.
   *
   * @param ofThisFileOnly whether the sums are published for this file alone; then its name does
   *     not matter, since some publishers write there what a link of this name leads to
   * @throws dev.kelvin.model.ProblemException malformed when there is none, or two that differ
   */
  static Checksum find(String text, String fileName, boolean ofThisFileOnly) {
    Map<String, TreeSet<String>> found = new HashMap<>();
    int others = 0;
    for (String line : text.lines().map(String::strip).toList()) {
      Optional<Entry> entry = entry(line);
      if (entry.isEmpty()) {
        continue;
      }
      Checksum sum = entry.get().sum();
      if (entry.get().name().equals(fileName) || ofThisFileOnly) {
        found.computeIfAbsent(sum.algorithm(), key -> new TreeSet<>()).add(sum.hex());
      } else {
        others++;
      }
    }
    if (found.values().stream().anyMatch(hexes -> hexes.size() > 1)) {
      throw bad(fileName, "they have several checksums for it that differ");
    }
    return found.entrySet().stream()
        .map(one -> new Checksum(one.getKey(), one.getValue().first()))
        .max(Comparator.comparing(Checksum::algorithm))
        .orElseThrow(noneOf(fileName, others));
  }

  private static java.util.function.Supplier<RuntimeException> noneOf(String name, int others) {
    return () ->
        bad(
            name,
            others == 0
                ? "they have no checksum of the kinds sha256, sha384 or sha512"
                : "they name " + others + " other files");
  }

  private record Entry(String name, Checksum sum) {}

  private static Optional<Entry> entry(String line) {
    Matcher bsd = BSD.matcher(line);
    if (bsd.matches()) {
      return Checksum.ofHex(bsd.group(3))
          .filter(sum -> sum.algorithm().equalsIgnoreCase(bsd.group(1)))
          .map(sum -> new Entry(bsd.group(2), sum));
    }
    Matcher gnu = GNU.matcher(line);
    if (gnu.matches()) {
      return Checksum.ofHex(gnu.group(1)).map(sum -> new Entry(gnu.group(2), sum));
    }
    if (ALONE.matcher(line).matches()) {
      return Checksum.ofHex(line).map(sum -> new Entry("", sum));
    }
    return Optional.empty();
  }

  /** Endings with which publishers name the sums of one file. */
  private static final List<String> ENDINGS =
      List.of(".sha256", ".sha512", ".checksum", ".sha256sum", ".sha512sum");

  /** Whether sums of this name are those of one file. */
  static boolean areOf(String sumsUrl, String fileUrl) {
    return sumsUrl.length() > fileUrl.length()
        && sumsUrl.startsWith(fileUrl)
        && ENDINGS.contains(sumsUrl.substring(fileUrl.length()).toLowerCase(java.util.Locale.ROOT));
  }

  private static RuntimeException bad(String fileName, String cause) {
    return Problem.of(Code.MALFORMED, "The publisher's sums do not tell the file's checksum")
        .on(fileName)
        .because(cause)
        .remedy("look at the sums; the catalogue may be out of date: see docs/images.md")
        .asException();
  }
}
