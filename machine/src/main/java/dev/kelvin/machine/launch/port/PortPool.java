package dev.kelvin.machine.launch.port;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Chooses host ports for forwards, and finds out early when a wanted one is taken. */
public final class PortPool {
  private static final Logger LOG = System.getLogger(PortPool.class.getName());

  private PortPool() {}

  /**
   * The forwards of a card with all host ports known.
   *
   * @throws dev.kelvin.model.ProblemException conflict when a wanted port is taken
   */
  public static List<Forward> resolve(Nic nic) {
    var forwards = new ArrayList<Forward>();
    for (PortForward wanted : nic.forwards()) {
      int port = claim(nic, wanted);
      forwards.add(
          new Forward(
              nic.name(),
              wanted.protocol().wire(),
              wanted.hostAddress(),
              port,
              wanted.guestAddress(),
              wanted.guestPort()));
    }
    return List.copyOf(forwards);
  }

  /** A card without the forwards whose host ports others have. */
  public static Nic withFreePorts(Nic nic) {
    List<PortForward> free = nic.forwards().stream().filter(one -> isFree(nic, one)).toList();
    return free.size() == nic.forwards().size() ? nic : nic.withForwards(free);
  }

  private static boolean isFree(Nic nic, PortForward wanted) {
    Optional<Problem> taken = taken(nic, wanted);
    taken.ifPresent(why -> LOG.log(Level.WARNING, "it is left out: {0}", why.oneLine()));
    return taken.isEmpty();
  }

  /** Why a host port cannot be forwarded; empty when it can. */
  static Optional<Problem> taken(Nic nic, PortForward wanted) {
    try {
      int _ = claim(nic, wanted);
      return Optional.empty();
    } catch (ProblemException e) {
      return Optional.of(e.problem());
    }
  }

  /** Binds the port for a moment: the only proof that it is free. QEMU binds it right after. */
  private static int claim(Nic nic, PortForward wanted) {
    String field = "spec.nics." + nic.name() + ".forwards";
    PrivilegedPorts.refuse(wanted.hostAddress(), wanted.hostPort(), field);
    try {
      var address =
          new InetSocketAddress(InetAddress.getByName(wanted.hostAddress()), wanted.hostPort());
      if (wanted.protocol() == Protocol.UDP) {
        try (var socket = new DatagramSocket(address)) {
          return socket.getLocalPort();
        }
      }
      try (var socket = new ServerSocket()) {
        socket.setReuseAddress(true);
        socket.bind(address);
        return socket.getLocalPort();
      }
    } catch (IOException e) {
      throw Problem.of(
              Code.CONFLICT,
              "Host port "
                  + wanted.hostAddress()
                  + ":"
                  + wanted.hostPort()
                  + " cannot be forwarded")
          .at(field)
          .because(e.getMessage())
          .remedy("choose another host port, or 0 to let Kelvin choose a free one")
          .asException(e);
    }
  }
}
