package dev.kelvin.host.launch;

import dev.kelvin.host.kernel.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a service manager is told of the daemon, by the protocol of sd_notify(3): a datagram of
 * lines to the socket that its environment names. Without one nobody is told.
 */
public final class ServiceNotice {
  private static final System.Logger LOG = System.getLogger(ServiceNotice.class.getName());

  private final String socket;

  private ServiceNotice(String socket) {
    this.socket = socket;
  }

  /** To whoever started a process with this environment. */
  public static ServiceNotice of(Map<String, String> environment) {
    return new ServiceNotice(environment.getOrDefault("NOTIFY_SOCKET", ""));
  }

  /**
   * The start is over: what waits for the service goes on.
   *
   * @param status for people; {@code systemctl status} shows it
   */
  public void ready(String status) {
    send("READY=1\nSTATUS=" + status);
  }

  /** The service is about to end. */
  public void stopping(String status) {
    send("STOPPING=1\nSTATUS=" + status);
  }

  private void send(String lines) {
    if (socket.isEmpty()) {
      return;
    }
    var answer = new Syscalls().send(socket, lines.getBytes(StandardCharsets.UTF_8));
    if (!answer.ok()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the service manager cannot be told \"{0}\" at {1}: {2}",
          lines.replace('\n', ' '),
          socket,
          answer.error());
    }
  }
}
