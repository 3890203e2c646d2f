package dev.kelvin.cli.command;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;

/** Port forwards as users write them: {@code [[ADDRESS:]HOSTPORT:]GUESTPORT[/udp]}. */
public final class Forwards {
  private static final String ANYWHERE = "127.0.0.1";

  private Forwards() {}

  /**
   * Reads one.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when it is none
   */
  public static PortForward parse(String text) {
    String ports = text;
    Protocol protocol = Protocol.TCP;
    int slash = text.indexOf('/');
    if (slash >= 0) {
      protocol = OptionWords.read(Protocol.class, text.substring(slash + 1), "--forward");
      ports = text.substring(0, slash);
    }
    String[] parts = ports.split(":", -1);
    return switch (parts.length) {
      case 1 -> new PortForward(protocol, ANYWHERE, 0, port(parts[0], text));
      case 2 -> new PortForward(protocol, ANYWHERE, port(parts[0], text), port(parts[1], text));
      case 3 -> new PortForward(protocol, parts[0], port(parts[1], text), port(parts[2], text));
      default -> throw wrong(text).asException();
    };
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

  private static Problem wrong(String text) {
    return Problem.of(Code.INVALID_ARGUMENT, "\"" + text + "\" is not a port forward")
        .at("--forward")
        .because("ports are numbers from 0 to 65535")
        .remedy(
            "write 8080:80 for host port 8080 to guest port 80, or 80 for a host port that is free");
  }
}
