package dev.kelvin.api;

import dev.kelvin.model.Image.Format;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image to pull.
 *
 * @param name of the image; null for the one that goes with the file
 */
public record PullRequest(@Nullable String name, Pull pull, Map<String, String> labels) {
  /**
   * Where from.
   *
   * @param from a name of the catalogue such as {@code ubuntu:24.04}, or a URL
   * @param arch of the guests; null for the host's
   * @param format of the disk at a URL; null for what its ending says
   * @param mirror instead of the publisher's server; null for the usual one
   * @param checksum such as {@code sha256:…}; null for the publisher's sums
   * @param insecure whether to take a file that nothing vouches for
   * @param reachSeconds within which the publisher must answer; null for the usual patience
   */
  public record Pull(
      String from,
      @Nullable String arch,
      @Nullable Format format,
      @Nullable String mirror,
      @Nullable String checksum,
      boolean insecure,
      @Nullable Integer reachSeconds) {
    /** The image of a name in the catalogue. */
    public static Pull of(String from) {
      return new Pull(from, null, null, null, null, false, null);
    }

    /** The same, refused at once when the publisher does not answer within so many seconds. */
    public Pull reachedWithin(int seconds) {
      return new Pull(from, arch, format, mirror, checksum, insecure, seconds);
    }
  }
}
