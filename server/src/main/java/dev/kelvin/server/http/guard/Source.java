package dev.kelvin.server.http.guard;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Where clients come from that count together: an address, of IPv6 a network of 64 bits, in which
 * anybody has as many addresses as they like.
 */
public record Source(String prefix) {
  private static final int NETWORK_BYTES = 8;

  public static Source of(@Nullable SocketAddress remote) {
    return of(remote instanceof InetSocketAddress internet ? internet.getAddress() : null);
  }

  static Source of(@Nullable InetAddress address) {
    byte[] all = address == null ? new byte[0] : address.getAddress();
    byte[] part = address instanceof Inet6Address ? Arrays.copyOf(all, NETWORK_BYTES) : all;
    return new Source(HexFormat.of().formatHex(part));
  }
}
