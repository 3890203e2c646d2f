package dev.kelvin.server.log;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many lines of one source through in a while, and counts the others: what a stranger can
 * cause again and again must not fill the disk, nor hide what else is said.
 */
final class Flood {
  /** Sources are classes of the program, so there are only so many. */
  private static final class Source {
    long begun;
    int said;
    int leftOut;

    Source(long begun) {
      this.begun = begun;
    }
  }

  private final int most;
  private final long span;
  private final Map<String, Source> sources = new HashMap<>();

  Flood(int most, Duration span) {
    this.most = most;
    this.span = span.toNanos();
  }

  /**
   * What to do with a line.
   *
   * @param leftOut how many lines before it were not said and are to be told of now
   */
  record Verdict(boolean say, int leftOut) {}

  /**
   * Judges one line.
   *
   * @param now by a clock in nanoseconds
   */
  Verdict judge(@Nullable String source, long now) {
    Source one = sources.computeIfAbsent(String.valueOf(source), _ -> new Source(now));
    int leftOut = 0;
    if (now - one.begun > span) {
      leftOut = one.leftOut;
      one.begun = now;
      one.said = 0;
      one.leftOut = 0;
    }
    if (one.said >= most) {
      one.leftOut++;
      return new Verdict(false, 0);
    }
    one.said++;
    return new Verdict(true, leftOut);
  }
}
