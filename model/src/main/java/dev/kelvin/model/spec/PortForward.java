package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * A host port that leads to a port of the guest.
 *
 * @param hostAddress address of the host to listen on
 * @param hostPort 1 to 65535; 0 lets Kelvin choose a free one, which it takes again at the next
 *     start if it is still free
 * @param guestAddress the address that the guest has set for itself; null for the one that it gets
 *     by DHCP. It also decides which network is behind the card: the 256 addresses around it
 * @param guestPort 1 to 65535
 */
public record PortForward(
    Protocol protocol,
    String hostAddress,
    Integer hostPort,
    @Nullable String guestAddress,
    Integer guestPort) {
  public PortForward {
    protocol = protocol == null ? Protocol.TCP : protocol;
    hostAddress = hostAddress == null ? "127.0.0.1" : hostAddress;
    hostPort = hostPort == null ? 0 : hostPort;
    guestPort = guestPort == null ? 0 : guestPort;
  }

  /** To a guest that gets its address by DHCP. */
  public static PortForward of(Protocol protocol, String hostAddress, int hostPort, int guestPort) {
    return new PortForward(protocol, hostAddress, hostPort, null, guestPort);
  }

  /** The same at another host port. */
  public PortForward withHostPort(int newHostPort) {
    return new PortForward(protocol, hostAddress, newHostPort, guestAddress, guestPort);
  }
}
