package dev.kelvin.machine.launch.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortPoolTest {
  private static Nic nic(PortForward... forwards) {
    return Nic.of("lan").withForwards(List.of(forwards));
  }

  @Test
  void choosesAFreePortForZero() {
    var chosen =
        PortPool.resolve(
            nic(
                PortForward.of(Protocol.TCP, "127.0.0.1", 0, 22),
                PortForward.of(Protocol.UDP, "127.0.0.1", 0, 53)));
    assertThat(chosen).extracting("protocol").containsExactly("tcp", "udp");
    assertThat(chosen).extracting("guestPort").containsExactly(22, 53);
    assertThat(chosen).allSatisfy(forward -> assertThat(forward.hostPort()).isPositive());
  }

  /** The daemon may bind it as root; the VM's process cannot, and nothing else listens there. */
  @Test
  void saysWhyAPrivilegedPortCannotBeForwarded() throws IOException {
    int first = PrivilegedPorts.firstFree();
    var cat =
        new ProcessBuilder("cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start")
            .redirectErrorStream(true)
            .start();
    assertThat(new String(cat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
        .isEqualTo(first + "\n");
    assumeThat(first).as("ports that only root has").isGreaterThan(1);
    var wanted = PortForward.of(Protocol.TCP, "127.0.0.1", first - 1, 22);
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> PortPool.resolve(nic(wanted)))
        .satisfies(e -> assertThat(e.problem().cause()).contains("unprivileged", "below " + first))
        .satisfies(e ->
            assertThat(e.problem().remedy()).contains("ip_unprivileged_port_start=" + (first - 1)));
  }

  @Test
  void keepsTheAddressOfTheGuest() {
    var wanted = new PortForward(Protocol.TCP, "127.0.0.1", 0, "10.0.2.50", 22);
    assertThat(PortPool.resolve(nic(wanted)))
        .extracting("guestAddress")
        .containsExactly("10.0.2.50");
  }

  @Test
  void refusesAPortThatIsTaken() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var wanted = PortForward.of(Protocol.TCP, "127.0.0.1", taken.getLocalPort(), 22);
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> PortPool.resolve(nic(wanted)))
          .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CONFLICT))
          .satisfies(e -> assertThat(e.problem().detail()).contains("" + taken.getLocalPort()));
    }
  }
}
