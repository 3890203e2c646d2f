package dev.kelvin.cli.command;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Port forwards as users write them: {@code [[ADDRESS:]HOSTPORT:][GUESTADDRESS:]GUESTPORT[/udp]}.
 * What has a dot is an address.
 */
public final class Forwards {
  private static final String ANYWHERE = "127.0.0.1";

  private Forwards() {}

  /**
   * Reads one.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when it is none
   */
  public static PortForward parse(String text) {
    if (text.indexOf('[') >= 0) {
      throw ipv6(text).asException();
    }
    String ports = text;
    Protocol protocol = Protocol.TCP;
    int slash = text.indexOf('/');
    if (slash >= 0) {
      protocol = OptionWords.read(Protocol.class, text.substring(slash + 1), "--forward");
      ports = text.substring(0, slash);
    }
    List<String> parts = new ArrayList<>(List.of(ports.split(":", -1)));
    int guestPort = port(parts.removeLast(), text);
    String guest = lastAddress(parts);
    int hostPort = parts.isEmpty() ? 0 : port(parts.removeLast(), text);
    String host = lastAddress(parts);
    if (!parts.isEmpty()) {
      throw wrong(text).asException();
    }
    return new PortForward(protocol, host == null ? ANYWHERE : host, hostPort, guest, guestPort);
  }

  private static @Nullable String lastAddress(List<String> parts) {
    return !parts.isEmpty() && parts.getLast().indexOf('.') >= 0 ? parts.removeLast() : null;
  }

  private static int port(String digits, String text) {
    try {
      int port = Integer.parseInt(digits);
      if (port >= 0 && port < 65_536) {
        return port;
      }
    } catch (NumberFormatException e) {
      throw wrong(text).asException(e);
    }
    throw wrong(text).asException();
  }

  private static Problem ipv6(String text) {
    return Problem.of(Code.INVALID_ARGUMENT, "\"" + text + "\" is a forward of IPv6")
        .at("--forward")
        .because("the user-mode network of QEMU forwards from and to IPv4 addresses only")
        .remedy("forward from 127.0.0.1 or 0.0.0.0, and have a proxy on the host listen on IPv6");
  }

  private static Problem wrong(String text) {
    return Problem.of(Code.INVALID_ARGUMENT, "\"" + text + "\" is not a port forward")
        .at("--forward")
        .because("ports are numbers from 0 to 65535, addresses have three dots")
        .remedy(
            "write 8080:80 for host port 8080 to guest port 80, 80 for a host port that is free, or "
                + "0.0.0.0:8080:10.0.2.50:80 with the addresses of host and guest");
  }
}
