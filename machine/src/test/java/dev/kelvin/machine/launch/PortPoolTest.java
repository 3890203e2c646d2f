package dev.kelvin.machine.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
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
                new PortForward(Protocol.TCP, "127.0.0.1", 0, 22),
                new PortForward(Protocol.UDP, "127.0.0.1", 0, 53)));
    assertThat(chosen).extracting("protocol").containsExactly("tcp", "udp");
    assertThat(chosen).extracting("guestPort").containsExactly(22, 53);
    assertThat(chosen).allSatisfy(forward -> assertThat(forward.hostPort()).isPositive());
  }

  @Test
  void refusesAPortThatIsTaken() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var wanted = new PortForward(Protocol.TCP, "127.0.0.1", taken.getLocalPort(), 22);
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> PortPool.resolve(nic(wanted)))
          .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CONFLICT))
          .satisfies(e -> assertThat(e.problem().detail()).contains("" + taken.getLocalPort()));
    }
  }
}
