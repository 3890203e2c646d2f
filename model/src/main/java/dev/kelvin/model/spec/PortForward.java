package dev.kelvin.model.spec;

/**
 * A host port that leads to a port of the guest.
 *
 * @param hostAddress address of the host to listen on
 * @param hostPort 1 to 65535; 0 lets Kelvin choose a free one at each start
 * @param guestPort 1 to 65535
 */
public record PortForward(
    Protocol protocol, String hostAddress, Integer hostPort, Integer guestPort) {
  public PortForward {
    protocol = protocol == null ? Protocol.TCP : protocol;
    hostAddress = hostAddress == null ? "127.0.0.1" : hostAddress;
    hostPort = hostPort == null ? 0 : hostPort;
    guestPort = guestPort == null ? 0 : guestPort;
  }
}
