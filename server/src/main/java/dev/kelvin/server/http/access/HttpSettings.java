package dev.kelvin.server.http.access;

import dev.kelvin.server.http.guard.HttpLimits;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Where the API is served and who is let in.
 *
 * @param socket path of the Unix socket; its directory exists
 * @param peerUids users whose processes may use that socket
 * @param tls where it is served to everyone else
 * @param limits how much clients may ask for
 */
public record HttpSettings(Path socket, Set<Integer> peerUids, Tls tls, HttpLimits limits) {
  /**
   * The API over TLS. Certificate, key and token are made when they are not there.
   *
   * @param host name or address to listen at, such as {@code 127.0.0.1}, or {@code 0.0.0.0} for all
   * @param firstPort the port to listen at; when it is taken the ones up to {@code lastPort} are
   *     tried. 0 lets the kernel choose
   * @param certificate PEM
   * @param key PEM, PKCS #8
   * @param token the administrator's secret
   * @param holder who listens at a port, for people; empty when that is not known
   */
  public record Tls(
      String host,
      int firstPort,
      int lastPort,
      Path certificate,
      Path key,
      Path token,
      IntFunction<String> holder) {}

  public HttpSettings {
    peerUids = Set.copyOf(peerUids);
  }
}
