package dev.kelvin.image.web;

import java.time.Duration;

/**
 * How long a server is waited for.
 *
 * @param connect until a connection stands
 * @param header from a request to the head of its answer
 * @param stall between two pieces of a body
 * @param redirects that are followed for one request
 */
public record WebLimits(Duration connect, Duration header, Duration stall, int redirects) {
  /** The longest that the head of the last answer can take, all redirects included. */
  public Duration untilHead() {
    return header.multipliedBy(redirects + 1L);
  }
}
