package dev.kelvin.model.spec;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A network card on a user-mode network: the guest reaches out through the host, and is reached
 * through forwarded ports.
 *
 * @param name unique among the devices of the VM; a DNS label
 * @param model what the guest sees; a spec that the card is in chooses it when it is left out
 * @param mac six octets, unicast; chosen at creation when null
 * @param forwards host ports that lead into the guest
 * @param bootIndex order in which firmware tries devices, smallest first; null for never
 * @param netboot what it boots when firmware tries it; null for what the network says
 * @param hostAccess whether the guest may reach what listens on the host itself, its loopback and
 *     the ports of Kelvin among it
 */
// A null that a constructor is given asks it for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record Nic(
    String name,
    NicModel model,
    @Nullable String mac,
    List<PortForward> forwards,
    @Nullable Integer bootIndex,
    @Nullable Netboot netboot,
    Boolean hostAccess) {
  private static final int FIRST_SUBNET = 2;

  public Nic {
    forwards = forwards == null ? List.of() : List.copyOf(forwards);
    hostAccess = hostAccess == null ? Boolean.FALSE : hostAccess;
  }

  public static Nic of(String name) {
    return new Nic(name, null, null, null, null, null, null);
  }

  /** The same as a card of {@code usual}, unless it has a model. */
  Nic withDefaultModel(NicModel usual) {
    return model != null
        ? this
        : new Nic(name, usual, mac, forwards, bootIndex, netboot, hostAccess);
  }

  public Nic withMac(String newMac) {
    return new Nic(name, model, newMac, forwards, bootIndex, netboot, hostAccess);
  }

  public Nic withForwards(List<PortForward> newForwards) {
    return new Nic(name, model, mac, newForwards, bootIndex, netboot, hostAccess);
  }

  /**
   * The first three octets of the addresses of the network behind it: those of the address that its
   * guest has set for itself, or 10.0.2 for the first NIC, 10.0.3 for the second, …
   *
   * @param index which of the machine's NICs it is, from 0
   */
  public String subnet(int index) {
    return forwards.stream()
        .map(PortForward::guestAddress)
        .filter(Objects::nonNull)
        .findFirst()
        .map(address -> address.substring(0, address.lastIndexOf('.')))
        .orElse("10.0." + (FIRST_SUBNET + index));
  }

  /** The same, booting from the network. */
  public Nic withNetboot(Netboot newNetboot, int newBootIndex) {
    return new Nic(name, model, mac, forwards, newBootIndex, newNetboot, hostAccess);
  }

  /** The same, for a guest that may reach the host. */
  public Nic withHostAccess(boolean may) {
    return new Nic(name, model, mac, forwards, bootIndex, netboot, may);
  }
}
