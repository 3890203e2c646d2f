package dev.kelvin.image.pull;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the statuses of HTTP (RFC 9110) mean for a pull. */
final class Statuses {
  private static final Set<Integer> PASSING = Set.of(408, 425, 429, 500, 502, 503, 504);

  private Statuses() {}

  /** Whether the same request may succeed later. */
  static boolean isPassing(int status) {
    return PASSING.contains(status);
  }

  /**
   * Why a file does not come.
   *
   * @param what such as "sums" or "image"
   */
  static ProblemException problem(URI uri, int status, String what) {
    return switch (status) {
      case 404, 410 ->
          Problem.of(Code.NOT_FOUND, "The server does not have the publisher's " + what)
              .on(uri.toString())
              .because("it answers " + status)
              .remedy(
                  "the publisher may have moved it: see docs/images.md for a catalogue of your own,"
                      + " or pull by URL")
              .asException();
      case 401, 403, 407 ->
          Problem.of(Code.UNAVAILABLE, "The server does not give the publisher's " + what + " away")
              .on(uri.toString())
              .because("it answers " + status)
              .remedy("use a mirror that is open to this host, or check its proxy")
              .asException();
      default ->
          unreachable(uri, what, "it answers " + status + " instead of sending the file", null);
    };
  }

  /** A problem that may pass. */
  static ProblemException unreachable(
      URI uri, String what, String cause, @Nullable Throwable reason) {
    Problem problem =
        Problem.of(Code.UNAVAILABLE, "The publisher's " + what + " cannot be had")
            .on(uri.toString())
            .because(cause)
            .remedy("check the host's network and proxy, try again later, or use --mirror");
    return reason == null ? problem.asException() : problem.asException(reason);
  }

  /** How long a server asks to be waited for: seconds or a date (RFC 9110, 10.2.3). */
  static Optional<Duration> retryAfter(Optional<String> header, Instant now) {
    if (header.isEmpty()) {
      return Optional.empty();
    }
    String text = header.get().strip();
    try {
      if (text.matches("[0-9]{1,9}")) {
        return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
      }
      Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(now, then);
      return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
    } catch (DateTimeException e) {
      return Optional.empty(); // a header that says nothing is no header
    }
  }
}
