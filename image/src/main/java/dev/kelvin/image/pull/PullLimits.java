package dev.kelvin.image.pull;

import dev.kelvin.image.bulk.UnpackLimits;
import dev.kelvin.image.web.WebLimits;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Waits;
import java.time.Duration;

/**
 * How long servers are waited for, and how much is taken from them.
 *
 * @param connect until a connection stands
 * @param header from a request to the head of its answer
 * @param stall between two pieces of a body
 * @param attempts that fail in a row, without one byte more of the file, until it is given up
 * @param backoff before the second attempt; it doubles up to a minute
 * @param longestRetryAfter that a server may ask to be waited for
 * @param redirects that are followed for one request
 * @param most bytes of a file, packed or unpacked
 * @param ratio of unpacked to packed bytes that is too much to be a disk, once {@code free} bytes
 *     are unpacked
 * @param free unpacked bytes for which the ratio does not matter
 */
public record PullLimits(
    Duration connect,
    Duration header,
    Duration stall,
    int attempts,
    Duration backoff,
    Duration longestRetryAfter,
    int redirects,
    ByteSize most,
    int ratio,
    ByteSize free) {
  /** Sums, signatures and keys are no larger than this. */
  static final int SMALL_FILE = 4 << 20;

  /** The same for somebody who wants to know soon whether the publisher can be reached at all. */
  PullLimits within(Duration limit) {
    return new PullLimits(
        Waits.shorter(connect, limit),
        Waits.shorter(header, limit),
        Waits.shorter(stall, limit),
        1,
        backoff,
        longestRetryAfter,
        redirects,
        most,
        ratio,
        free);
  }

  /** How long a server is waited for. */
  WebLimits web() {
    return new WebLimits(connect, header, stall, redirects);
  }

  /** How much may come out of a packed file. */
  UnpackLimits bounds() {
    return new UnpackLimits(most, ratio, free);
  }

  public static PullLimits usual() {
    return new PullLimits(
        Duration.ofSeconds(15),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        6,
        Duration.ofSeconds(1),
        Duration.ofMinutes(2),
        8,
        ByteSize.ofGiB(128),
        500,
        ByteSize.ofGiB(1));
  }
}
