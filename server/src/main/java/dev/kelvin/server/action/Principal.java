package dev.kelvin.server.action;

/**
 * Who asks.
 *
 * @param name such as {@code root} or {@code admin}
 * @param means how it is known who it is
 */
public record Principal(String name, Means means) {
  public enum Means {
    /** The kernel's word about the other end of a Unix socket. */
    PEER_CREDENTIALS,
    /** A bearer token over TLS. */
    TOKEN
  }
}
