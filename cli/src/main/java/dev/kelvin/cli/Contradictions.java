package dev.kelvin.cli;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/**
 * Options of which one would take the other's meaning away, in whatever command has both. What only
 * one command can know, it checks itself.
 */
final class Contradictions {
  private record Pair(String one, String other, String cause, String remedy) {}

  private static final List<Pair> PAIRS =
      List.of(
          new Pair(
              "--no-wait",
              "--timeout",
              "with --no-wait nobody waits, and --timeout says how long to wait",
              "leave one of them out"),
          new Pair(
              "--dry-run",
              "--timeout",
              "with --dry-run nothing is done, and --timeout says how long to wait for its end",
              "leave one of them out"),
          new Pair(
              "--dry-run",
              "--no-wait",
              "with --dry-run nothing is done that could be waited for",
              "leave one of them out"),
          new Pair(
              "--kernel",
              "--netboot",
              "a kernel that is booted directly boots each time, so that the network never would",
              "leave one of them out"));

  private Contradictions() {}

  /** The first contradiction in what was typed. */
  static Optional<Problem> find(ParseResult typed) {
    return PAIRS.stream()
        .filter(pair -> isGiven(typed, pair.one()) && isGiven(typed, pair.other()))
        .findFirst()
        .map(pair ->
            Problem.of(
                    Code.INVALID_ARGUMENT,
                    pair.one() + " and " + pair.other() + " exclude each other")
                .because(pair.cause())
                .remedy(pair.remedy()));
  }

  /** A negatable option goes by its positive name, with the value that was given. */
  private static boolean isGiven(ParseResult typed, String name) {
    if (name.startsWith("--no-")) {
      String positive = "--" + name.substring("--no-".length());
      return typed.hasMatchedOption(positive)
          && Boolean.FALSE.equals(typed.matchedOptionValue(positive, Boolean.TRUE));
    }
    return typed.hasMatchedOption(name);
  }
}
