package dev.kelvin.machine.launch.port;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The ports that only root, or who has CAP_NET_BIND_SERVICE, may listen on (ip(7)). A VM's process
 * has neither, whoever runs the daemon: so the daemon's own rights prove nothing.
 */
final class PrivilegedPorts {
  private static final Logger LOG = System.getLogger(PrivilegedPorts.class.getName());
  private static final String SYSCTL = "net.ipv4.ip_unprivileged_port_start";
  private static final Path FIRST_FREE = Path.of("/proc/sys", SYSCTL.replace('.', '/'));

  /** The kernel's own choice, where it does not tell. */
  private static final int USUAL = 1024;

  private PrivilegedPorts() {}

  /** The first port that everyone may listen on. */
  static int firstFree() {
    // The kernel gives a number to the first read alone, and Files.readString reads a byte first.
    try (var file = FileChannel.open(FIRST_FREE)) {
      var text = ByteBuffer.allocate(32);
      file.read(text);
      return Integer.parseInt(
          new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip());
    } catch (IOException | NumberFormatException e) {
      LOG.log(Level.DEBUG, FIRST_FREE + " does not tell", e);
      return USUAL;
    }
  }

  /**
   * Refuses a port that no VM's process may listen on.
   *
   * @param field the field of the spec that has it
   * @throws dev.kelvin.model.ProblemException invalid-argument
   */
  static void refuse(String address, int port, String field) {
    if (port == 0) {
      return; // the kernel chooses, and none of those
    }
    int first = firstFree();
    if (port >= first) {
      return;
    }
    throw Problem.of(
            Code.INVALID_ARGUMENT, "Host port " + address + ":" + port + " cannot be forwarded")
        .at(field)
        .because(
            "the VM's process is unprivileged, also where the daemon is root, and this host keeps ports"
                + " below %d for root".formatted(first))
        .remedy(
            "choose a port from %d on, or lower the limit: sysctl %s=%d"
                .formatted(first, SYSCTL, port))
        .asException();
  }
}
