package dev.kelvin.model;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the guest agent tells of its guest ({@code guest-get-osinfo}, {@code guest-get-host-name},
 * {@code guest-network-get-interfaces} of QEMU's guest agent protocol).
 *
 * @param osId as in os-release, such as {@code debian}
 * @param osName for people, such as {@code Debian GNU/Linux 12 (bookworm)}
 * @param cloudInit what cloud-init says of itself: {@code running}, {@code done}, {@code error},
 *     {@code disabled}; absent when it is not known
 */
public record GuestInfo(
    String agentVersion,
    @Nullable String hostname,
    @Nullable String osId,
    @Nullable String osName,
    @Nullable String kernel,
    List<Interface> interfaces,
    @Nullable String cloudInit,
    Instant seenAt) {

  /**
   * A network interface inside the guest. Addresses have their prefix length: 10.0.2.15/24; the
   * counters are bytes since the guest started, 0 where its agent does not tell them.
   */
  public record Interface(
      String name, @Nullable String mac, List<String> addresses, long rxBytes, long txBytes) {
    public Interface {
      addresses = addresses == null ? List.of() : List.copyOf(addresses);
    }
  }

  public GuestInfo {
    interfaces = interfaces == null ? List.of() : List.copyOf(interfaces);
  }

  /** The same without what changes all the time. */
  public GuestInfo withoutMeasures() {
    return new GuestInfo(
        agentVersion,
        hostname,
        osId,
        osName,
        kernel,
        interfaces.stream()
            .map(nic -> new Interface(nic.name(), nic.mac(), nic.addresses(), 0, 0))
            .toList(),
        cloudInit,
        Instant.EPOCH);
  }
}
