package dev.kelvin.machine.launch;

import dev.kelvin.host.file.PeerSocket;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.qmp.Dialer;
import dev.kelvin.qmp.WrongPeerException;

/** Connects to the sockets of VMs. */
@FunctionalInterface
public interface Peers {
  /**
   * What connects to the sockets of one process of a VM, and to no other's.
   *
   * @param uid the VM's user, negative for the daemon's own
   */
  Dialer of(int uid, ProcessId process);

  /** Makes sure of each peer; see {@link PeerSocket}. */
  static Peers checked() {
    var sockets = new PeerSocket();
    return (uid, process) ->
        socket -> {
          try {
            return sockets.connect(socket, uid, process);
          } catch (PeerSocket.WrongPeer e) {
            throw new WrongPeerException(String.valueOf(e.getMessage()), e);
          }
        };
  }
}
