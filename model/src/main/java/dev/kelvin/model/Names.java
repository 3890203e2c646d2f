package dev.kelvin.model;

import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names of objects, ids that are never used twice, and the nearest name to a mistyped one. */
public final class Names {
  /** A DNS label (RFC 1123), so that a VM's name can be its guest's host name. */
  public static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  private Names() {}

  public static boolean valid(String name) {
    return LABEL.matcher(name).matches();
  }

  /**
   * Returns {@code name} when it can name an object.
   *
   * @throws ProblemException invalid-argument, naming {@code field}
   */
  public static String check(String name, String field) {
    if (!valid(name)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "\"" + abbreviate(name) + "\" cannot be a name")
          .at(field)
          .because(
              "a name has 1 to 63 of the characters a-z, 0-9 and -, and neither starts nor ends with -")
          .remedy("choose another name, such as web1")
          .asException();
    }
    return name;
  }

  /** A new id of 80 random bits, as 20 hexadecimal digits. */
  public static String newId(SecureRandom random) {
    byte[] bytes = new byte[10];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** The candidate that a user who typed {@code typed} most likely meant. */
  public static Optional<String> nearest(String typed, List<String> candidates) {
    int limit = Math.max(1, typed.length() / 3);
    // Not as a stream: such a comparator is made of a class that no AOT cache holds.
    String nearest = null;
    int least = limit + 1;
    for (String candidate : candidates) {
      int distance = distance(typed, candidate);
      if (distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    return Optional.ofNullable(nearest);
  }

  /**
   * The candidates that a user who typed {@code typed} may have meant, the likeliest first: those
   * that are nearly the same, then those that begin like it.
   */
  public static List<String> nearest(String typed, List<String> candidates, int most) {
    String lower = typed.toLowerCase(Locale.ROOT);
    int limit = Math.max(1, typed.length() / 3);
    Map<String, Integer> near = new HashMap<>();
    for (String candidate : candidates) {
      String other = candidate.toLowerCase(Locale.ROOT);
      int whole = distance(lower, other);
      int begin = distance(lower, other.substring(0, Math.min(lower.length(), other.length())));
      if (whole <= limit) {
        near.put(candidate, whole);
      } else if (begin <= limit) {
        near.put(candidate, limit + 1 + begin);
      }
    }
    return near.keySet().stream()
        .sorted(Comparator.<String>comparingInt(near::get).thenComparing(name -> name))
        .limit(most)
        .toList();
  }

  /**
   * Optimal string alignment distance: edits and swaps of neighbours that turn one into the other.
   */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }

  private static String abbreviate(String name) {
    return name.length() <= 80 ? name : name.substring(0, 77) + "...";
  }
}
