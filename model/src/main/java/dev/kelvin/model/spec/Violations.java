package dev.kelvin.model.spec;

import dev.kelvin.model.Names;
import dev.kelvin.model.Problem.Violation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong with a spec. */
final class Violations {
  private final int mostTold;
  private final List<Violation> found = new ArrayList<>();
  private int untold;

  Violations() {
    this(DocumentLimits.USUAL.faultsTold());
  }

  /**
   * Where nothing has been found.
   *
   * @param mostTold how many are told; whoever made more mistakes has these to begin with
   */
  Violations(int mostTold) {
    this.mostTold = mostTold;
  }

  void add(String field, String cause, String remedy) {
    if (found.size() < mostTold) {
      found.add(new Violation(field, cause, remedy));
    } else {
      untold++;
    }
  }

  /** Records a violation unless {@code holds}. */
  void require(boolean holds, String field, String cause, String remedy) {
    if (!holds) {
      add(field, cause, remedy);
    }
  }

  void range(long value, long smallest, long largest, String field) {
    require(
        value >= smallest && value <= largest,
        field,
        value + " is out of range",
        "write a number from " + smallest + " to " + largest);
  }

  /** A text that must be there, be one line, and have no control characters. */
  boolean line(@Nullable String value, String field, int longest) {
    if (value == null || value.isBlank()) {
      add(field, "it is missing or empty", "write a value");
      return false;
    } else if (value.chars().anyMatch(Character::isISOControl)) {
      add(field, "it has line ends or control characters", "write one line of plain text");
      return false;
    } else if (value.length() > longest) {
      add(
          field,
          "it has " + value.length() + " characters",
          "write at most " + longest + " characters");
      return false;
    }
    return true;
  }

  void name(@Nullable String value, String field, int longest) {
    if (!line(value, field, longest)) {
      return;
    }
    require(
        value != null && Names.valid(value),
        field,
        "\"" + value + "\" is not a name",
        "use the characters a-z, 0-9 and -, and neither start nor end with -");
  }

  /** What was found; the last one counts those that are too many to be told. */
  List<Violation> list() {
    if (untold == 0) {
      return List.copyOf(found);
    }
    var all = new ArrayList<>(found);
    all.add(
        new Violation(
            "(the whole document)",
            untold + " more faults were found",
            "mend these first; the others are told then"));
    return List.copyOf(all);
  }

  /** Finds values that are used twice. */
  static final class Unique<K> {
    private final Map<K, String> seen = new HashMap<>();

    /** The field that has the value already; null for the first. */
    @Nullable String claim(K value, String field) {
      return seen.putIfAbsent(value, field);
    }
  }
}
